"""What viewers did since the data was prepared: recorded durably, read for every request."""
