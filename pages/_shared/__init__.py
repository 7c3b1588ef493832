"""What several pages share: the parts of the app, formats, charts, the sidebar."""
