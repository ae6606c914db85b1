"""Published methods, one folder each: network, target, loss."""
