"""Which models exist, which are ready and why the others are not, and what they cost."""
