"""The prepare stage on the planted data: files, counts and no leak."""
