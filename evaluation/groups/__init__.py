"""Lists for people who watch together: who they are, how they are made, what they are worth."""
