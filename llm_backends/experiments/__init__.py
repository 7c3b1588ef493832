"""Experiments: the same prompts for several slots, again and again, and what came of it."""
