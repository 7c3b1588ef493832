"""Mistral's chat completions as the sandbox serves them."""

from collections.abc import Iterator

from ..protocol import Ask, Dialect, End, Http, Json, Refusal, Token, conversation, sse
from ..script import Script

FINISH = {"stop": "stop", "length": "length", "filter": "content_filter", "blocked": "content_filter", None: None}
TYPES = {401: "authentication_error", 429: "rate_limit_error"}


class Mistral(Dialect):
    """Usage in the last chunk unasked; reasoning as lists of thinking chunks in place of a string.

    Mistral's documents name no shape for a filtered answer: its guardrails check prompts and answer 403, as here; the
    finish reason `content_filter` in mid-answer is an assumption.
    """

    name = "mistral"
    id_header = "mistral-correlation-id"
    ttft, rate = 250, 75
    models = ("mistral-large-latest", "mistral-medium-latest", "mistral-small-latest", "magistral-medium-latest",
              "ministral-8b-latest", "codestral-latest")  # fmt: skip
    families = ("mistral-", "ministral-", "magistral-", "codestral", "devstral-", "pixtral-", "mixtral-", "open-",
                "voxtral-", "labs-", "deepseek-", "zai-")  # fmt: skip

    def ask(self, http: Http, model: str, script: Script) -> Ask:
        body = http.body
        thinks = model.startswith("magistral") or body.get("prompt_mode") == "reasoning"
        return Ask(
            http, model, conversation(body), script,
            stream=bool(body.get("stream")),
            max_tokens=body.get("max_tokens"),
            temperature=body.get("temperature"),
            reasoning=24 if thinks or body.get("reasoning_effort") not in (None, "none") else 0,
        )  # fmt: skip

    def no_such_model(self, model: str) -> Refusal:
        return Refusal(400, f"Invalid model: {model}", "unknown_model", "model")

    def blocked(self, ask: Ask) -> Refusal | None:
        return Refusal(403, "The prompt was blocked by a guardrail.", "guardrail_blocked")

    def headers(self, http: Http) -> dict[str, str]:
        return {"mistral-correlation-id": http.id, "x-kong-request-id": http.id}

    def error(self, http: Http, refusal: Refusal) -> object:
        if refusal.status == 401:
            return {"detail": refusal.message}
        kind = TYPES.get(refusal.status, "server_error" if refusal.status >= 500 else "invalid_request_error")
        error = {"object": "error", "message": refusal.message, "type": kind}
        return error | {"param": refusal.param, "code": refusal.code}

    def frames(self, ask: Ask, parts: Iterator[Token | End]) -> Iterator[bytes]:
        yield self._chunk(ask, {"role": "assistant", "content": ""}, None)
        for part in parts:
            if isinstance(part, End):
                usage = {"usage": _counts(part)} if ask.reports_usage else {}
                yield self._chunk(ask, {"content": ""}, FINISH[part.reason], **usage) + b"data: [DONE]\n\n"
            else:
                yield self._chunk(ask, {"content": [_thinking(part.text)] if part.reasoning else part.text}, None)

    def whole(self, ask: Ask, answer: str, reasoning: str, end: End) -> Json:
        content = [_thinking(reasoning), {"type": "text", "text": answer}] if reasoning else answer
        message = {"role": "assistant", "content": content, "tool_calls": None, "prefix": False}
        choice = {"index": 0, "message": message, "finish_reason": FINISH[end.reason]}
        usage = _counts(end) if ask.reports_usage else {}  # the SDK reads no answer without the field
        return self._base(ask, "chat.completion") | {"choices": [choice], "usage": usage}

    def listing(self) -> Json:
        return {"object": "list", "data": [_card(id) for id in self.models]}

    def error_event(self, ask: Ask, said: str) -> bytes:
        return sse(self.error(ask.http, Refusal(503, said)))

    def _base(self, ask: Ask, kind: str) -> Json:
        return {"id": ask.http.id, "object": kind, "created": ask.http.created, "model": ask.model}

    def _chunk(self, ask: Ask, delta: Json, finish: str | None, **usage: Json) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return sse(self._base(ask, "chat.completion.chunk") | {"choices": [choice]} | usage)


def _thinking(text: str) -> Json:
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}


def _counts(end: End) -> Json:
    """Usage in Mistral's words, which do not tell reasoning from the answer."""
    usage = end.usage
    return {"prompt_tokens": usage.input_tokens, "completion_tokens": usage.output_tokens,
            "total_tokens": usage.input_tokens + usage.output_tokens}  # fmt: skip


def _card(id: str) -> Json:
    able = {"completion_chat": True, "completion_fim": False, "function_calling": True, "fine_tuning": False,
            "vision": False}  # fmt: skip
    return {"id": id, "object": "model", "created": 1763900000, "owned_by": "mistralai", "name": id, "type": "base",
            "max_context_length": 131072, "aliases": [], "capabilities": able}  # fmt: skip
