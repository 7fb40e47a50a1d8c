"""Two-tower retrieval: query and item towers, their training, export and ScaNN index."""
