"""What every simulated provider has in common: the request as it came, the answer's parts, the Dialect to fill in."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..types import Message, Role, Usage
from . import text
from .script import Script

Json = dict[str, Any]


@dataclass(frozen=True)
class Http:
    """One request as it came. Header names are in lower case; `id` becomes the provider's request id."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Json
    id: str
    created: int

    @property
    def bearer(self) -> str:
        """The token of `Authorization: Bearer`, or an empty string."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token if kind.lower() == "bearer" else ""


@dataclass(frozen=True)
class Ask:
    """What a request asks for, whatever its dialect. `reasoning` is how many tokens this model thinks by habit."""

    http: Http
    model: str
    messages: tuple[Message, ...]
    script: Script
    stream: bool = False
    max_tokens: int | None = None
    temperature: float | None = None
    reasoning: int = 0

    @cached_property
    def input_tokens(self) -> int:
        return text.count(self.messages)

    @property
    def reports_usage(self) -> bool:
        return self.script.fault != "nousage"


@dataclass(frozen=True)
class Token:
    """One token of an answer, or of the reasoning before it."""

    text: str
    reasoning: bool = False


@dataclass(frozen=True)
class End:
    """The end of an answer: `stop`, `length`, `filter` (cut), `blocked` (filtered before it began), None: not said."""

    reason: str | None
    usage: Usage


class Refusal(Exception):
    """A request answered with an error. `code` is the provider's word for it, where it isn't clear from the status.

    `retry` is the wait to ask for, in seconds.
    """

    def __init__(
        self, status: int, message: str, code: str | None = None, param: str | None = None, retry: int | None = None
    ):
        super().__init__(message)
        self.status, self.message, self.code, self.param, self.retry = status, message, code, param, retry


class Dialect:
    """One provider's format; ttft in ms, rate in tokens/s. What raises NotImplementedError differs for each."""

    name: str
    ttft: float
    rate: float
    models: tuple[str, ...]
    families: tuple[str, ...]
    """How the names of this provider's models begin; others are answered with its own 'no such model'."""
    id_header: str | None
    """The header with the request id; None where the id is in the body only."""

    def key(self, http: Http) -> str:
        """The credential in the request, or an empty string."""
        return http.bearer

    def ask(self, http: Http, model: str, script: Script) -> Ask:
        """Read the request for this model. Raises Refusal."""
        raise NotImplementedError

    def model(self, http: Http) -> str:
        """The model named in the body."""
        return str(http.body.get("model", ""))

    def knows(self, model: str) -> bool:
        return model.startswith(("sandbox", *self.families))

    def no_such_model(self, model: str) -> Refusal:
        return Refusal(404, f"There is no model `{model}`, or this key may not use it.", "model_not_found", "model")

    def blocked(self, ask: Ask) -> Refusal | None:
        """How a prompt is blocked: an error, or None where the answer itself says so."""
        return None

    def headers(self, http: Http) -> dict[str, str]:
        """Headers of every answer, the request id among them."""
        return {}

    def retry_headers(self, seconds: int) -> dict[str, str]:
        return {"retry-after": str(seconds)}

    def error(self, http: Http, refusal: Refusal) -> object:
        """The JSON body of an error."""
        raise NotImplementedError

    def frames(self, ask: Ask, parts: Iterator[Token | End]) -> Iterator[bytes]:
        """A stream's bytes: what comes with the headers, then exactly one piece for each part, empty if not shown."""
        raise NotImplementedError

    def whole(self, ask: Ask, answer: str, reasoning: str, end: End) -> Json:
        """The JSON body of an answer that is not streamed."""
        raise NotImplementedError

    def listing(self) -> Json:
        """The JSON body of the list of models."""
        raise NotImplementedError

    def content_type(self, ask: Ask) -> str:
        return "text/event-stream; charset=utf-8"

    def error_event(self, ask: Ask, said: str) -> bytes:
        """The error that this provider sends in the middle of a stream."""
        raise NotImplementedError

    def bad_chunk(self, ask: Ask) -> bytes:
        """A piece of a stream that is not JSON."""
        return b'data: {"id": "broken", "choices": [{"delta": \n\n'

    def blank(self, ask: Ask) -> bytes:
        """What keeps a stream open without saying anything."""
        return b": still here\n\n"


def encode(value: object) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def sse(data: object, event: str | None = None, end: bytes = b"\n\n") -> bytes:
    """One server-sent event."""
    return (b"event: " + event.encode() + b"\n" if event else b"") + b"data: " + encode(data) + end


def plain(content: object) -> str:
    """The text of a message's content: a string, or a list of parts that have a `text`."""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")


def conversation(body: Json, system: str = "") -> tuple[Message, ...]:
    """The messages of a body in OpenAI's or Anthropic's form. Raises Refusal where there are none."""
    turns = body.get("messages")
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, dict) for turn in turns):
        raise Refusal(400, "messages: at least one message is required", param="messages")
    said = [Message("system", system)] if system else []
    roles: dict[object, Role] = {"assistant": "assistant", "user": "user"}
    said += [Message(roles.get(turn.get("role"), "system"), plain(turn.get("content"))) for turn in turns]
    return tuple(said)
