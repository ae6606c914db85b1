"""Services of the operating system: atomic files, processor and memory, installed extras."""
