"""Comparisons and conversations taken out of the log, to read or to work with elsewhere."""
