"""A C program that calls SavedModels through TensorFlow's C API, and its caller."""
