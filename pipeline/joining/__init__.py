"""Metadata for a catalogue: by id where there is one, by title and year where there is none."""
