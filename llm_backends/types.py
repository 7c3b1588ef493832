"""The values that cross the boundary between pages, backends and the log."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Protocol

Role = Literal["system", "user", "assistant"]
Route = Literal["direct", "azure", "local"]
Status = Literal["ok", "stopped", "error"]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True)
class ChatRequest:
    """What one slot asks of one model.

    `model` is the id that the endpoint knows: the provider's model id, or an Azure deployment's name.
    None, and no `stop`, leave the provider's default. `stream` False asks for the whole answer at once. What a model
    does not take is not sent to it: see parameters.py.
    """

    model: str
    messages: tuple[Message, ...]
    max_tokens: int = 1024
    temperature: float | None = None
    stream: bool = True
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    reasoning_effort: Effort | None = None


@dataclass(frozen=True)
class Usage:
    """Tokens as the provider counted them. Inclusive: cached counts inside input, reasoning inside output."""

    input_tokens: int
    output_tokens: int
    cached_input_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True)
class Delta:
    """A piece of an answer as it arrived; `reasoning` marks the model's thinking, which is not the answer."""

    text: str
    reasoning: bool = False


@dataclass(frozen=True)
class Finish:
    """The end of a whole answer: the provider's own finish reason, and its usage or None where it sent none."""

    reason: str
    usage: Usage | None


@dataclass(frozen=True)
class Target:
    """Where a call goes: enough to name it to an analyst and to find it in the log. Holds no secret.

    `model` is the catalogue's name for the model whatever the route; `deployment` is Azure's name for it, else None.
    `simulated` marks the sandbox.
    """

    provider: str
    model: str
    route: Route
    endpoint_host: str | None = None
    deployment: str | None = None
    simulated: bool = False

    @property
    def ref(self) -> str:
        """`provider/model`, the name used in the picker and on the command line."""
        return f"{self.provider}/{self.model}"

    def __str__(self) -> str:
        via = f" through Azure deployment {self.deployment}" if self.deployment else ""
        at = f" at {self.endpoint_host}" if self.endpoint_host else ""
        return f"{self.ref}{via}{at}"


class Backend(Protocol):
    """One model on one route. Safe to use from several threads at once."""

    target: Target

    def prepare(self) -> None:
        """Do what must not count as latency: import the SDK, load a local model. Idempotent; may take seconds.

        Raises ConfigError.
        """

    def stream(self, request: ChatRequest) -> Iterator[Delta | Finish]:
        """Yield Delta any number of times, then exactly one Finish; or raise a BackendError."""


@dataclass(frozen=True)
class Attempt:
    """One try of a call at one endpoint. Times in milliseconds since the call's t0, None where unknown.

    `began_ms` is when its first byte was sent or its connection began to be opened; `waited_ms` the pause before it.
    """

    endpoint_host: str | None
    began_ms: float | None
    connect_ms: float | None = None
    headers_ms: float | None = None
    ended_ms: float | None = None
    status: int | None = None
    error_type: str | None = None
    waited_ms: float = 0.0


@dataclass(frozen=True)
class CallResult:
    """One finished call, however it ended. Times in milliseconds, None where unknown; metrics.py defines each.

    `answer` and `reasoning` hold whatever had arrived, also after a stop or an error.
    `price_source` says where `cost_usd` comes from, or why there is none.
    """

    target: Target
    status: Status
    started_at: str
    """UTC, ISO 8601 with milliseconds."""
    answer: str = ""
    reasoning: str = ""
    finish_reason: str | None = None
    error_type: str | None = None
    error_message: str | None = None
    usage: Usage | None = None
    load_ms: float | None = None
    build_ms: float | None = None
    timed_from: Literal["socket", "sdk"] | None = None
    """Where t0 was read: at the socket, or at the call of an SDK whose socket is out of sight."""
    connect_ms: float | None = None
    headers_ms: float | None = None
    ttft_ms: float | None = None
    ttfat_ms: float | None = None
    total_ms: float | None = None
    tpot_ms: float | None = None
    chunks: int = 0
    gap_p50_ms: float | None = None
    gap_p95_ms: float | None = None
    gap_max_ms: float | None = None
    attempts: int = 1
    tries: tuple[Attempt, ...] = ()
    retry_wait_ms: float = 0.0
    failed_over_from: str | None = None
    """The hosts that failed and were left for the one that answered (or failed last), separated by commas."""
    detour_ms: float | None = None
    """From the request to the start of the attempt that answered; None where no other host was left for it."""
    cost_usd: float | None = None
    price_source: str | None = None
    request_id: str | None = None
    streamed: bool | None = None
    """Whether the answer was asked for as a stream; None where the log is from before it was kept."""

    @property
    def tokens_per_s(self) -> float | None:
        """1000 / tpot_ms, or None where tpot_ms is unknown."""
        return 1000 / self.tpot_ms if self.tpot_ms else None

    @property
    def ttft_open_ms(self) -> float | None:
        """ttft_ms with the connecting taken out: comparable between an opened and an open connection."""
        return None if self.ttft_ms is None else self.ttft_ms - (self.connect_ms or 0.0)

    def columns(self) -> dict[str, Any]:
        """The same, flat, under the log's column names; counts of an unknown usage are None, tries a list of dicts."""
        row = asdict(self)
        row["tries"] = list(row["tries"])
        usage = row.pop("usage") or {field.name: None for field in fields(Usage)}
        target: dict[str, Any] = row.pop("target")
        return target | row | usage
