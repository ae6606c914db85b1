"""One module per file format; each opens a file as a :class:`irpoint.frames.stack.Stack`."""
