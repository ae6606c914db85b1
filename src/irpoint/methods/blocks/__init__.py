"""Building blocks that the methods share."""
