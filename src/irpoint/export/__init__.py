"""A trained network as a file that other runtimes take, each checked against its original."""
