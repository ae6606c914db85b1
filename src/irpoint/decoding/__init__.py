"""Response map → peaks: the one decoder, and the published decoders for comparison."""

# Network pixels per cell of a response map, along each axis; the same for every network here.
STRIDE = 4
