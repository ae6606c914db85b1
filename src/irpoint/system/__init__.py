"""What the package asks of the operating system: files, processor and memory, installed extras."""
