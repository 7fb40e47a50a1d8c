"""From a release's files to split, cleaned, transformed examples: Beam, Arrow and TF-Transform."""
