"""Statistics over measured values."""
