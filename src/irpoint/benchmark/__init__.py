"""Measure speed on this machine, and check that detection works."""
