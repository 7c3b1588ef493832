"""Parts of the Route lab page."""
