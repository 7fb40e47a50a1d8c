"""The one environment variable that a worker is given."""

DIRECTORY_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Where prometheus-client looks for the directory of its files, when it is imported and not later;
it takes it in no other way."""
