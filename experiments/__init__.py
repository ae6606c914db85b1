"""Programs behind figures of the documentation. Each is one command; see README.md."""
