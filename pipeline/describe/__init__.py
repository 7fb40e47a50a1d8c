"""Exploratory report of a prepared artefact: figures as JSON, pictures as one page of HTML."""
