"""Parts of the Insights page."""
