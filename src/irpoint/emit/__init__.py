"""Where results go while detection runs: the record of a frame, and its receivers."""
