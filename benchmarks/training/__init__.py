"""Training of one sequential recommender by each library, for `benchmarks.train_retrieval`."""
