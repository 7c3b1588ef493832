"""The charts of the Insights page."""
