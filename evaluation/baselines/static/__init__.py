"""Models of rows: a history as a set, and an item that it may hold."""
