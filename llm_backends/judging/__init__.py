"""Which of several answers is better, and how they differ."""
