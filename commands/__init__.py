"""The command line: stages, and the commands that `matinee.py` puts together."""
