"""What was changed in the catalogue since the data was prepared: durable, read by every worker."""
