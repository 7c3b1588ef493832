"""Checks held against the answers that an experiment keeps: no call is made for it."""
