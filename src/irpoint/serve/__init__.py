"""Detection as a web service: a frame in the body of a request → the record of its points."""
