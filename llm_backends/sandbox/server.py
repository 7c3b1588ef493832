"""The sandbox's HTTP server: routes, connections, records, and how to point the product at it."""

import socket
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from typing import Any

from ..net.arrival import stamp
from .answer import Answers
from .delays import Delays
from .handler import Handler
from .record import Record

KEPT_RECORDS = 2000
SEED_MODELS = ("GPT4O", "GPT4O_MINI", "GPT4_TURBO", "GPT4", "GPT35_TURBO", "CLAUDE_35_SONNET", "CLAUDE_35_HAIKU",
               "CLAUDE_3_OPUS", "GEMINI_15_PRO", "GEMINI_15_FLASH", "GEMINI_15_FLASH_8B", "MISTRAL_LARGE",
               "MISTRAL_MEDIUM", "MISTRAL_SMALL")  # fmt: skip


class Sandbox(ThreadingHTTPServer):
    """A running sandbox; close it, or use it in a `with`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        host: str,
        port: int,
        *,
        answers: Answers | None,
        token_life_s: int,
        tls: bool,
        fault: str | None,
        delays: Delays,
    ):
        self.delays = delays
        self.answers, self.token_life_s, self.fault = answers, token_life_s, fault
        self.failures: Counter[str] = Counter()
        self.closing = False
        self._connections: dict[int, socket.socket] = {}
        self._records: deque[Record] = deque(maxlen=KEPT_RECORDS)
        self._changed = threading.Condition()
        super().__init__((host, port), Handler)
        stamp(self.socket)  # its connections inherit it
        if tls:
            from .tls import server_context

            self.socket = server_context(host).wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"{'https' if tls else 'http'}://{host}:{self.server_address[1]}"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="sandbox", daemon=True)

    @property
    def records(self) -> tuple[Record, ...]:
        """The latest requests in the order of their arrival."""
        with self._changed:
            return tuple(self._records)

    @property
    def open_connections(self) -> int:
        """How many clients are connected now, idle or not."""
        return len(self._connections)

    def wait_for(self, condition: Callable[["Sandbox"], bool], timeout_s: float = 2.0) -> bool:
        """Wait until the condition holds; it is looked at whenever a request or a connection begins or ends."""
        with self._changed:
            return self._changed.wait_for(lambda: condition(self), timeout_s)

    def environment(self) -> dict[str, str]:
        """The variables that point the product at this sandbox, with keys that are worth nothing."""
        names = {name: name.lower().replace("_", "-") for name in SEED_MODELS}
        deployments = {f"AZURE_DEPLOYMENT_{name}": f"{short}-deployment" for name, short in names.items()}
        return deployments | {
            "LLMSELECT_SANDBOX": "1",
            "OPENAI_API_KEY": "sandbox-openai-key",
            "ANTHROPIC_API_KEY": "sandbox-anthropic-key",
            "GEMINI_API_KEY": "sandbox-gemini-key",
            "MISTRAL_API_KEY": "sandbox-mistral-key",
            "OPENAI_BASE_URL": f"{self.url}/openai/v1",
            "ANTHROPIC_BASE_URL": f"{self.url}/anthropic",
            "GOOGLE_GEMINI_BASE_URL": f"{self.url}/gemini",
            "MISTRAL_BASE_URL": f"{self.url}/mistral",
            "AZURE_AI_FOUNDRY_ENDPOINT": f"{self.url}/azure",
            "AZURE_AI_FOUNDRY_KEY": "sandbox-azure-key",
            "AZURE_AI_FOUNDRY_API_VERSION": "2024-10-21",
            "IDENTITY_ENDPOINT": f"{self.url}/identity/token",
            "IDENTITY_HEADER": "sandbox",
        }

    def region(self, number: int) -> dict[str, str]:
        """The variables that make this sandbox's Azure the further endpoint of this number, from 2."""
        names = (f"AZURE_AI_FOUNDRY_ENDPOINT_{number}", f"AZURE_AI_FOUNDRY_KEY_{number}")
        return dict(zip(names, (f"{self.url}/azure", "sandbox-azure-key"), strict=True))

    def start(self) -> "Sandbox":
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop serving: every stream, a stalled one too, is cut and its connection closed."""
        if self.closing:
            return
        self.closing = True
        self.shutdown()
        self.server_close()
        with self._changed:
            for connection in self._connections.values():
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # the client was faster
        self.wait_for(lambda sandbox: not sandbox.open_connections, 5)
        self._thread.join()

    def __exit__(self, *_: object) -> None:
        self.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up or refuses the certificate is no news; anything else is a bug and is printed."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    # What the handlers report; each wakes whoever waits.

    def fails_again(self, model: str, times: int) -> bool:
        """Whether this request of a flaky model is among the first `times`, which fail."""
        with self._changed:
            self.failures[model] += 1
            return self.failures[model] <= times

    def opened(self, number: int, connection: socket.socket) -> None:
        with self._changed:
            self._connections[number] = connection
            self._changed.notify_all()

    def closed(self, number: int) -> None:
        with self._changed:
            self._connections.pop(number, None)
            self._changed.notify_all()

    def began(self, record: Record) -> None:
        with self._changed:
            self._records.append(record)
            self._changed.notify_all()

    def ended(self, record: Record, outcome: str) -> None:
        with self._changed:
            record.outcome, record.ended_at = outcome, time.perf_counter()
            self._changed.notify_all()


def serve(
    port: int = 0,
    *,
    canned: bool = False,
    answers: Answers | None = None,
    host: str = "127.0.0.1",
    tls: bool = False,
    token_life_s: int = 3600,
    fault: str | None = None,
    azure_delay_ms: float = 0.0,
    jitter_ms: float = 0.0,
    seed: int = 0,
) -> Sandbox:
    """Start the providers on loopback; port 0 takes a free one.

    `answers` gives ordinary models their words; without it, or with `canned`, they recite. `tls` serves HTTPS with a
    certificate that nobody trusts. `token_life_s` is how long the managed identity's tokens live.
    `fault` befalls every answer; it can be changed or taken away on the running server. `azure_delay_ms`, `jitter_ms`
    and its `seed` are described in delays.py.
    """
    answers = None if canned else answers
    delays = Delays(azure_delay_ms, jitter_ms, seed)
    sandbox = Sandbox(host, port, answers=answers, token_life_s=token_life_s, tls=tls, fault=fault, delays=delays)
    return sandbox.start()
