"""Calls side by side: what is asked, the race, live runs, and the check of a single call."""
