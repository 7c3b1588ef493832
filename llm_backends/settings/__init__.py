"""What an installation can set: the only reader of the environment, and what the Settings page lays over it."""

from .installation import Compatible, Settings, inherited, load

__all__ = ["Compatible", "Settings", "inherited", "load"]
