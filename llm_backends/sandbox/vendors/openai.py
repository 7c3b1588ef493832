"""OpenAI's chat completions as the sandbox serves them."""

from collections.abc import Iterator

from ..protocol import Ask, Dialect, End, Http, Json, Refusal, Token, conversation, sse
from ..script import Script

REASONING = ("o1", "o3", "o4", "gpt-5", "gpt-6")
FINISH = {"stop": "stop", "length": "length", "filter": "content_filter", "blocked": "content_filter", None: None}
TYPES = {403: "permission_error", 429: "requests", 500: "server_error", 503: "server_error"}
CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded", 403: "unsupported_country_region_territory"}


class OpenAI(Dialect):
    """Usage only where asked for, in a last chunk without choices; reasoning is counted and never shown."""

    name = "openai"
    id_header = "x-request-id"
    ttft, rate = 350, 70
    models = ("gpt-6-luna", "gpt-5.4", "gpt-5-mini", "gpt-4.1", "gpt-4o", "gpt-4o-mini", "gpt-4-turbo", "gpt-4",
              "gpt-3.5-turbo", "o3", "o4-mini")  # fmt: skip
    families = ("gpt-", "chatgpt-", "o1", "o3", "o4", "ft:", "codex-", "computer-use")

    def ask(self, http: Http, model: str, script: Script) -> Ask:
        body = http.body
        thinks = model.startswith(REASONING)
        if thinks:
            _refuse_old_parameters(body)
        return Ask(
            http, model, conversation(body), script,
            stream=bool(body.get("stream")),
            max_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
            temperature=body.get("temperature"),
            reasoning=24 if thinks else 0,
        )  # fmt: skip

    def blocked(self, ask: Ask) -> Refusal | None:
        return Refusal(400, "The prompt was flagged by the usage policy.", "invalid_prompt")

    def headers(self, http: Http) -> dict[str, str]:
        return {"x-request-id": f"req_{http.id}", "openai-version": "2020-10-01", "openai-organization": "sandbox",
                "x-ratelimit-limit-requests": "5000", "x-ratelimit-remaining-requests": "4999"}  # fmt: skip

    def error(self, http: Http, refusal: Refusal) -> object:
        return {
            "error": {
                "message": refusal.message,
                "type": TYPES.get(refusal.status, "invalid_request_error"),
                "param": refusal.param,
                "code": refusal.code or CODES.get(refusal.status),
            }
        }

    def frames(self, ask: Ask, parts: Iterator[Token | End]) -> Iterator[bytes]:
        asked = self.sends_usage(ask)
        yield self.opening(ask) + self.chunk(ask, {"role": "assistant", "content": "", "refusal": None}, None, asked)
        for part in parts:
            if isinstance(part, Token):
                yield b"" if part.reasoning else self.chunk(ask, {"content": part.text}, None, asked)
            else:
                usage = {"choices": [], "usage": counts(part)}
                last = sse(self.base(ask, "chat.completion.chunk") | usage) if asked and ask.reports_usage else b""
                finish = self.chunk(ask, {}, FINISH[part.reason], asked)
                yield finish + self.trailing(ask) + last + b"data: [DONE]\n\n"

    def whole(self, ask: Ask, answer: str, reasoning: str, end: End) -> Json:
        message: Json = {"role": "assistant", "content": answer, "refusal": None, "annotations": []}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": FINISH[end.reason]}
        usage = {"usage": counts(end)} if ask.reports_usage else {}
        return self.base(ask, "chat.completion") | {"choices": [choice]} | usage

    def listing(self) -> Json:
        return {
            "object": "list",
            "data": [{"id": id, "object": "model", "created": 1715367049, "owned_by": "sandbox"} for id in self.models],
        }

    def error_event(self, ask: Ask, said: str) -> bytes:
        return sse(self.error(ask.http, Refusal(500, said)))

    def sends_usage(self, ask: Ask) -> bool:
        """Whether this stream was asked to report usage."""
        return bool((ask.http.body.get("stream_options") or {}).get("include_usage"))

    def opening(self, ask: Ask) -> bytes:
        """What comes before the first choice."""
        return b""

    def trailing(self, ask: Ask) -> bytes:
        """What comes between the finish reason and the usage."""
        return b""

    def answering_model(self, ask: Ask) -> str:
        return ask.model

    def base(self, ask: Ask, kind: str) -> Json:
        """The fields that every chunk and every answer begins with."""
        return {"id": f"chatcmpl-{ask.http.id}", "object": kind, "created": ask.http.created,
                "model": self.answering_model(ask), "service_tier": "default",
                "system_fingerprint": "fp_sandbox"}  # fmt: skip

    def chunk(self, ask: Ask, delta: Json, finish: str | None, with_usage: bool) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        usage = {"usage": None} if with_usage else {}
        return sse(self.base(ask, "chat.completion.chunk") | {"choices": [choice]} | usage)


def counts(end: End) -> Json:
    """Usage in OpenAI's words: completion tokens include the reasoning."""
    usage = end.usage
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_input_tokens, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens, "audio_tokens": 0},
    }


def _refuse_old_parameters(body: Json) -> None:
    if "max_tokens" in body:
        raise Refusal(400, "max_tokens is not supported with this model; use max_completion_tokens.",
                      "unsupported_parameter", "max_tokens")  # fmt: skip
    if body.get("stop"):
        raise Refusal(400, "Unsupported parameter: 'stop' is not supported with this model.",
                      "unsupported_parameter", "stop")  # fmt: skip
    for name in ("temperature", "top_p"):
        if body.get(name, 1) not in (1, None):
            raise Refusal(400, f"This model supports only the default {name}.", "unsupported_value", name)
