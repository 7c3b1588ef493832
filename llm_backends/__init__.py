"""Streams from several language models at once, measured: what the dashboard and the command line are built on."""

from .catalog.catalog import Catalog, ModelEntry
from .errors import (
    AuthError,
    BackendError,
    ConfigError,
    ContentFiltered,
    ProviderDown,
    RateLimited,
    RequestRejected,
    TimedOut,
    Truncated,
)
from .runs.live import race
from .runs.race import Race
from .settings import Settings
from .settings import load as load_settings
from .slot import Slot
from .types import Backend, CallResult, ChatRequest, Delta, Finish, Message, Target, Usage

__all__ = [
    "AuthError",
    "Backend",
    "BackendError",
    "CallResult",
    "Catalog",
    "ChatRequest",
    "ConfigError",
    "ContentFiltered",
    "Delta",
    "Finish",
    "Message",
    "ModelEntry",
    "ProviderDown",
    "Race",
    "RateLimited",
    "RequestRejected",
    "Settings",
    "Slot",
    "Target",
    "TimedOut",
    "Truncated",
    "Usage",
    "load_settings",
    "race",
]
