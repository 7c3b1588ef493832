"""The parts of the Chat page: which conversation, its turns, what is asked next."""
