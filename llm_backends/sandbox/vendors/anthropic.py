"""Anthropic's messages as the sandbox serves them."""

from collections.abc import Iterator

from ..protocol import Ask, Dialect, End, Http, Json, Refusal, Token, conversation, plain, sse
from ..script import Script

STOP = {"stop": "end_turn", "length": "max_tokens", "filter": "refusal", "blocked": "refusal", None: None}
TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 408: "timeout_error",
         413: "request_too_large", 429: "rate_limit_error", 500: "api_error", 502: "api_error", 503: "api_error",
         529: "overloaded_error"}  # fmt: skip
NO_SAMPLING_SINCE = "2026-10-21"


class Anthropic(Dialect):
    """Named events; thinking in a block of its own; input counted at the start, output at the end."""

    name = "anthropic"
    id_header = "request-id"
    ttft, rate = 500, 62
    models = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-4-8", "claude-sonnet-4-6",
              "claude-haiku-4-5", "claude-3-5-sonnet-20241022", "claude-3-5-haiku-20241022",
              "claude-3-opus-20240229")  # fmt: skip
    families = ("claude-",)

    def key(self, http: Http) -> str:
        return http.headers.get("x-api-key") or http.bearer

    def ask(self, http: Http, model: str, script: Script) -> Ask:
        body = http.body
        version = http.headers.get("anthropic-version")
        if not version:
            raise Refusal(400, "anthropic-version: header is required")
        if not isinstance(body.get("max_tokens"), int):
            raise Refusal(400, "max_tokens: Field required")
        for name in ("temperature", "top_p", "top_k"):
            if name in body and version >= NO_SAMPLING_SINCE:
                raise Refusal(400, f"{name}: not accepted since anthropic-version {NO_SAMPLING_SINCE}")
        if "temperature" in body and "top_p" in body:
            raise Refusal(400, "`temperature` and `top_p` cannot both be specified for this model.")
        if not all(text.strip() for text in body.get("stop_sequences", ())):
            raise Refusal(400, "stop_sequences: each stop sequence must contain non-whitespace")
        return Ask(
            http, model, conversation(body, plain(body.get("system"))), script,
            stream=bool(body.get("stream")),
            max_tokens=body["max_tokens"],
            temperature=body.get("temperature"),
            reasoning=24 if (body.get("thinking") or {}).get("type") in ("enabled", "adaptive") else 0,
        )  # fmt: skip

    def no_such_model(self, model: str) -> Refusal:
        return Refusal(404, f"model: {model}")

    def headers(self, http: Http) -> dict[str, str]:
        return {"request-id": f"req_{http.id}", "anthropic-organization-id": "sandbox",
                "anthropic-ratelimit-requests-remaining": "999"}  # fmt: skip

    def error(self, http: Http, refusal: Refusal) -> object:
        kind = TYPES.get(refusal.status, "invalid_request_error")
        return {"type": "error", "error": {"type": kind, "message": refusal.message}, "request_id": f"req_{http.id}"}

    def frames(self, ask: Ask, parts: Iterator[Token | End]) -> Iterator[bytes]:
        yield _event("message_start", message=self._message(ask, [], None, _input_counts(ask, 1))) + _event("ping")
        block, kind = -1, None
        for part in parts:
            if isinstance(part, End):
                yield (_close(block, kind) if kind else b"") + self._ending(ask, part)
                continue
            wanted, opening = "thinking" if part.reasoning else "text", b""
            if wanted != kind:
                opening = _close(block, kind) if kind else b""
                block, kind = block + 1, wanted
                opening += _event("content_block_start", index=block, content_block=_block(kind, ""))
            yield opening + _event("content_block_delta", index=block, delta={"type": f"{kind}_delta", kind: part.text})

    def whole(self, ask: Ask, answer: str, reasoning: str, end: End) -> Json:
        content = [_block("thinking", reasoning, "c2FuZGJveA==")] if reasoning else []
        content += [_block("text", answer)] if answer else []
        usage = _input_counts(ask, end.usage.output_tokens) | _details(end)
        return self._message(ask, content, end.reason, usage)

    def listing(self) -> Json:
        made = {"type": "model", "created_at": "2026-01-01T00:00:00Z", "lifecycle": "active"}
        data = [{"id": id, "display_name": id.replace("-", " ").title()} | made for id in self.models]
        return {"data": data, "has_more": False, "first_id": self.models[0], "last_id": self.models[-1]}

    def error_event(self, ask: Ask, said: str) -> bytes:
        return sse(self.error(ask.http, Refusal(529, said)), "error")

    def bad_chunk(self, ask: Ask) -> bytes:
        return b'event: content_block_delta\ndata: {"type": "content_block_delta", "delta": \n\n'

    def answering_model(self, ask: Ask) -> str:
        return ask.model

    def _message(self, ask: Ask, content: list[Json], reason: str | None, usage: Json) -> Json:
        message = {"id": f"msg_{ask.http.id}", "type": "message", "role": "assistant",
                   "model": self.answering_model(ask), "content": content, "stop_reason": STOP[reason],
                   "stop_sequence": None, "stop_details": _stop_details(reason)}  # fmt: skip
        return message | ({"usage": usage} if ask.reports_usage else {})

    def _ending(self, ask: Ask, end: End) -> bytes:
        delta = {"stop_reason": STOP[end.reason], "stop_sequence": None, "stop_details": _stop_details(end.reason)}
        usage = {"usage": {"output_tokens": end.usage.output_tokens} | _details(end)} if ask.reports_usage else {}
        return _event("message_delta", delta=delta, **usage) + _event("message_stop")


def _event(kind: str, **fields: object) -> bytes:
    return sse({"type": kind} | fields, kind)


def _block(kind: str, text: str, signature: str = "") -> Json:
    return {"type": kind, kind: text} | ({"signature": signature} if kind == "thinking" else {})


def _close(index: int, kind: str) -> bytes:
    delta = {"type": "signature_delta", "signature": "c2FuZGJveA=="}
    signed = _event("content_block_delta", index=index, delta=delta) if kind == "thinking" else b""
    return signed + _event("content_block_stop", index=index)


def _input_counts(ask: Ask, output: int) -> Json:
    return {"input_tokens": ask.input_tokens, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
            "output_tokens": output, "service_tier": "standard"}  # fmt: skip


def _details(end: End) -> Json:
    return {"output_tokens_details": {"thinking_tokens": end.usage.reasoning_tokens}}


def _stop_details(reason: str | None) -> Json | None:
    if reason not in ("filter", "blocked"):
        return None
    return {"type": "refusal", "category": None, "explanation": "Stopped by a classifier (simulated)."}
