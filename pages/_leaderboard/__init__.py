"""The parts of the Leaderboard: which votes, what they say, what they cost to know better."""
