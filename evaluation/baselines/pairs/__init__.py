"""Models of two people and a film that came before this project, to be measured beside it."""
