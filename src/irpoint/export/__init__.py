"""Export trained networks for other runtimes, and check each against the original."""
