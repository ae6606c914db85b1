"""Programs behind the figures of the documentation; each is one command."""
