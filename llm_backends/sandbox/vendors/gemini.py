"""Gemini's generateContent as the sandbox serves it: server-sent events, or the JSON array of the older SDK."""

from collections.abc import Iterator

from ...types import Message, Role
from ..protocol import Ask, Dialect, End, Http, Json, Refusal, Token, encode, plain, sse
from ..script import Script

FINISH: dict[str | None, str] = {"stop": "STOP", "length": "MAX_TOKENS", "filter": "SAFETY"}
STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
          408: "DEADLINE_EXCEEDED", 413: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL"}  # fmt: skip
RPC = "type.googleapis.com/google.rpc."


class Gemini(Dialect):
    """Thoughts are parts of their own and counted apart from the candidates; every chunk carries the usage so far."""

    name = "gemini"
    id_header = None
    ttft, rate = 400, 80
    models = ("gemini-4-argon", "gemini-3.8-flash", "gemini-3.1-pro-preview", "gemini-2.5-pro", "gemini-2.5-flash",
              "gemini-2.5-flash-lite", "gemini-1.5-pro", "gemini-1.5-flash", "gemini-1.5-flash-8b")  # fmt: skip
    families = ("gemini-", "gemma-")

    def key(self, http: Http) -> str:
        return http.headers.get("x-goog-api-key") or http.query.get("key") or http.bearer

    def ask(self, http: Http, model: str, script: Script) -> Ask:
        config = http.body.get("generationConfig") or {}
        habit = model.startswith(("gemini-2.5", "gemini-3", "gemini-4"))
        return Ask(
            http, model, _conversation(http.body), script,
            stream=":streamGenerateContent" in http.path,
            max_tokens=config.get("maxOutputTokens"),
            temperature=config.get("temperature"),
            reasoning=24 if habit else 0,
        )  # fmt: skip

    def no_such_model(self, model: str) -> Refusal:
        return Refusal(404, f"models/{model} is not found, or does not support generateContent.")

    def headers(self, http: Http) -> dict[str, str]:
        return {"server-timing": "gfet4t7; dur=12", "vary": "Origin, X-Origin, Referer"}

    def error(self, http: Http, refusal: Refusal) -> object:
        status = STATUS.get(refusal.status, "UNAVAILABLE")
        error = {"code": refusal.status, "message": refusal.message, "status": status}
        if refusal.code == "API_KEY_INVALID":
            error["details"] = [{"@type": RPC + "ErrorInfo", "reason": refusal.code, "domain": "googleapis.com"}]
        if refusal.retry is not None:
            error["details"] = [{"@type": RPC + "RetryInfo", "retryDelay": f"{refusal.retry}s"}]
        listed = ":streamGenerateContent" in http.path and not _is_sse(http)
        return [{"error": error}] if listed else {"error": error}

    def frames(self, ask: Ask, parts: Iterator[Token | End]) -> Iterator[bytes]:
        yield b""
        frames = thoughts = answers = 0
        for part in parts:
            if isinstance(part, Token):
                thoughts, answers = thoughts + part.reasoning, answers + (not part.reasoning)
                if part.reasoning and not _shows_thoughts(ask):
                    yield b""
                    continue
            chunk = _ending(ask, part) if isinstance(part, End) else _chunk(ask, [_part(part)], None, answers, thoughts)
            yield _frame(ask, chunk, first=frames == 0, last=isinstance(part, End))
            frames += 1

    def whole(self, ask: Ask, answer: str, reasoning: str, end: End) -> Json:
        thought = [{"text": reasoning, "thought": True}] if reasoning and _shows_thoughts(ask) else []
        return _ending(ask, end, thought + ([{"text": answer}] if answer else []))

    def listing(self) -> Json:
        facts = {"version": "001", "inputTokenLimit": 1048576, "outputTokenLimit": 65536,
                 "supportedGenerationMethods": ["generateContent", "countTokens"]}  # fmt: skip
        return {"models": [{"name": f"models/{id}", "displayName": id} | facts for id in self.models]}

    def content_type(self, ask: Ask) -> str:
        return "text/event-stream" if _is_sse(ask.http) else "application/json; charset=UTF-8"

    def error_event(self, ask: Ask, said: str) -> bytes:
        error = {"error": {"code": 503, "message": said, "status": "UNAVAILABLE"}}
        return _frame(ask, error, first=False, last=True)

    def bad_chunk(self, ask: Ask) -> bytes:
        broken = b'{"candidates": [{"content": '
        return b"data: " + broken + b"\r\n\r\n" if _is_sse(ask.http) else b",\r\n" + broken

    def blank(self, ask: Ask) -> bytes:
        return b"\r\n" if _is_sse(ask.http) else b" "


def _is_sse(http: Http) -> bool:
    return http.query.get("alt") == "sse"


def _shows_thoughts(ask: Ask) -> bool:
    """A scripted model shows its thoughts unless told not to; an ordinary one only when asked, like the real ones."""
    config = (ask.http.body.get("generationConfig") or {}).get("thinkingConfig") or {}
    shown = config.get("includeThoughts", config.get("include_thoughts"))  # Google reads either spelling
    return ask.script.reasoning is not None if shown is None else bool(shown)


def _part(token: Token) -> Json:
    return {"text": token.text, "thought": True} if token.reasoning else {"text": token.text}


def _chunk(ask: Ask, parts: list[Json], finish: str | None, answers: int, thoughts: int) -> Json:
    candidate = {"content": {"parts": parts, "role": "model"} if parts else {"role": "model"}, "index": 0}
    return {"candidates": [candidate | ({"finishReason": finish} if finish else {})]} | _facts(ask, answers, thoughts)


def _ending(ask: Ask, end: End, parts: list[Json] | None = None) -> Json:
    thoughts = end.usage.reasoning_tokens
    if end.reason == "blocked":
        return {"promptFeedback": {"blockReason": "SAFETY"}} | _facts(ask, 0, 0)
    return _chunk(ask, parts or [], FINISH.get(end.reason), end.usage.output_tokens - thoughts, thoughts)


def _facts(ask: Ask, answers: int, thoughts: int) -> Json:
    """Usage so far, candidates without the thoughts, and the names that every chunk repeats."""
    usage = {"promptTokenCount": ask.input_tokens, "candidatesTokenCount": answers,
             "totalTokenCount": ask.input_tokens + answers + thoughts}  # fmt: skip
    usage |= {"thoughtsTokenCount": thoughts} if thoughts else {}
    named = {"modelVersion": ask.model, "responseId": ask.http.id}
    return named | ({"usageMetadata": usage} if ask.reports_usage else {})


def _frame(ask: Ask, chunk: Json, *, first: bool, last: bool) -> bytes:
    if _is_sse(ask.http):
        return sse(chunk, end=b"\r\n\r\n")
    return (b"[" if first else b",\r\n") + encode(chunk) + (b"]" if last else b"")


def _conversation(body: Json) -> tuple[Message, ...]:
    turns = body.get("contents")
    if not isinstance(turns, list) or not turns:
        raise Refusal(400, "contents is not specified")
    system = plain((body.get("systemInstruction") or body.get("system_instruction") or {}).get("parts"))
    said = [Message("system", system)] if system else []
    roles: dict[object, Role] = {"model": "assistant"}
    return (*said, *(Message(roles.get(turn.get("role"), "user"), plain(turn.get("parts"))) for turn in turns))
