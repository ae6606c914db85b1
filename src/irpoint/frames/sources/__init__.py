"""One class per kind of source; each implements :class:`irpoint.frames.source.Source`."""
