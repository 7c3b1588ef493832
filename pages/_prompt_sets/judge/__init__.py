"""The judge on the Prompt sets page: ask.py: a model is asked about answers; found.py: what it said of them."""
