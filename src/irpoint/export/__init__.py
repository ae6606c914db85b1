"""Trained networks as files for other runtimes, each checked against its original."""
