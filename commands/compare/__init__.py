"""`matinee compare`: models side by side, on one page."""
