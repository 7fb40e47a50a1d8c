"""The gRPC server: the request path over SavedModels, the index and the prepared data."""
