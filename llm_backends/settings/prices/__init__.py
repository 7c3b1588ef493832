"""Own prices: dated rows from a file and from the Settings page, and which of them holds for a call."""
