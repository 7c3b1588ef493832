"""The parts of the History page: what is looked for, what is found, and what can be done with it."""
