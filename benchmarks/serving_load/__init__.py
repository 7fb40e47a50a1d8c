"""Parts of `benchmarks/serve.py`: load from k6, and what the server's processes use."""
