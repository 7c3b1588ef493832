"""What an experiment's calls came to, as its results read it: figures without texts, and texts by the page."""
