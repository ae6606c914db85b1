"""One class per kind of source, each behind the protocol :class:`irpoint.frames.source.Source`."""
