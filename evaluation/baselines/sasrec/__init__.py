"""SASRec of RecTools, in an environment of its own: PyTorch and NumPy 1 do not go with ours."""
