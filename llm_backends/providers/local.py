"""Models that run in this process: GGUF files served by xllamacpp's llama.cpp on loopback."""

import atexit
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from ..formats import chat_completions
from ..net.call import Timeouts
from ..net.transport import client
from ..types import ChatRequest, Delta, Finish, Target

if TYPE_CHECKING:
    from openai import OpenAI

PARALLEL = 8  # as many as a race has slots, so that none of them queues
CONTEXT_TOKENS = 16384  # shared by them all: half a gigabyte for the embedded model
# llama.cpp's threads spin while they wait for each other: with one on every core, whatever else runs (the dashboard, a
# browser) made the model 30 times slower on two cores. One core is left to the rest.
THREADS = max(1, (os.cpu_count() or 2) - 1)

_servers: dict[Path, tuple[object, str]] = {}
# A server that is left to the end of the interpreter crashes it where a call has just been stopped.
atexit.register(_servers.clear)
_lock = Lock()
# Loopback is open to every program here, and llama.cpp lets any web page call it: hence a key, new each start.
_key = secrets.token_urlsafe(24)


class LocalBackend:
    """The model in the GGUF file at `path`, loaded at first use and shared by all slots of the process."""

    def __init__(self, *, target: Target, path: Path, timeouts: Timeouts) -> None:
        self.target = target
        self._path, self._timeouts = path, timeouts
        self._sdk: OpenAI | None = None

    def prepare(self) -> None:
        """Load the model, unless another slot has. Raises ConfigError for a missing package or an unreadable file."""
        self._sdk = self._client()

    def _client(self) -> "OpenAI":
        from openai import OpenAI

        url = _served(self._path, self.target)
        return OpenAI(
            base_url=f"{url}/v1", api_key=_key, http_client=client(), timeout=self._timeouts.http(), max_retries=0
        )

    def stream(self, request: ChatRequest) -> Iterator[Delta | Finish]:
        """See Backend.stream."""
        return chat_completions.stream(self._sdk or self._client(), request, self.target, self._timeouts)


def _served(path: Path, target: Target) -> str:
    with _lock:
        if path not in _servers:
            server = _load(path, target)
            _servers[path] = (server, server.listening_address)
        return _servers[path][1]


def _load(path: Path, target: Target) -> Any:
    try:
        import xllamacpp
    except ImportError as exc:
        message = f"{target} needs the package xllamacpp. Run `make setup`, or `pip install -r requirements.txt`."
        raise ConfigError(message, target=target) from exc
    if not path.is_file():
        raise ConfigError(f"{target}: there is no file {path.name} any more. Check LOCAL_MODELS_DIR.", target=target)
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_parallel, params.n_ctx, params.kv_unified = PARALLEL, CONTEXT_TOKENS, True
    params.verbosity = -1
    for threads in (params.cpuparams, params.cpuparams_batch):
        threads.n_threads, threads.poll = THREADS, 0
    params.api_keys = [_key]
    params.ui = False
    try:
        return xllamacpp.Server(params)
    except RuntimeError as exc:
        message = f"{target}: {path.name} could not be loaded. Is it a whole GGUF model?"
        raise ConfigError(message, target=target) from exc
