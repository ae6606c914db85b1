"""Training of a method from points: `irpoint train` and what it needs."""
