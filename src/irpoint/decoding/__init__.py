"""Response map → peaks: the one decoder, and the decoders of the publications for comparison."""
