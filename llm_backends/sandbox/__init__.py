"""The sandbox: loopback providers over real HTTP, for trying the product without keys and for tests."""

from .record import Record
from .script import FAULTS, Script
from .server import Sandbox, serve

__all__ = ["FAULTS", "Record", "Sandbox", "Script", "serve"]
