"""Source → detector → tracker → sinks: a whole detection, with resuming, tracks and overlays."""
