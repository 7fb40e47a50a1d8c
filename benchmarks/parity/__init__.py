"""One SavedModel called in three ways: in this process, in a bare one and through the C API."""
