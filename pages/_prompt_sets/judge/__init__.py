"""The judge on the Prompt sets page: ask.py asks one; found.py: what it said, looks.py: pair by pair."""
