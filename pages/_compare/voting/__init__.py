"""Which answer is better: blind, with names and numbers hidden until the vote, or open."""
