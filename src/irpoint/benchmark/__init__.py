"""Speed and self-test: how fast, and whether, detection works on this machine."""
