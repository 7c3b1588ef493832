"""Groups of calls that each have prompts of their own, on days that differ."""
