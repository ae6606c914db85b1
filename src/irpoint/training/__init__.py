"""Train a method from points, as ``irpoint train`` does."""
