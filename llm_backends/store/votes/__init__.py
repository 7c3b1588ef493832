"""Votes: which answers somebody, or a judge, found better than which."""
