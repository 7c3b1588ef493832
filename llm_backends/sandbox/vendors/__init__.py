"""The simulated vendors: one file for the protocol of each."""
