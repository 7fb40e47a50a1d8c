"""What training takes besides a model: data order, log, checkpoints, devices."""
