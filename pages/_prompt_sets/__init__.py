"""The parts of the Prompt sets page."""
