"""One chat request and its answer: lets the dialect say it, at its pace, and breaks it where the script says so."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import BackendError
from .answer import Answers, Break, parts
from .protocol import Ask, Dialect, End, Http, Refusal, Token, encode
from .record import Record
from .script import parse

if TYPE_CHECKING:
    from .handler import Handler

HEADERS_SHARE = 0.5
"""Response headers come this part of the way to the first token."""
LOGIN_PAGE = b"<!doctype html><title>Sign in</title><p>Please sign in to this network."
SIMULATED = "Overloaded (simulated)."
BAD_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body></body></html>"


def key_checked(dialect: Dialect, http: Http) -> None:
    """Raise the refusal of a missing or a wrong key."""
    if not dialect.key(http).startswith("sandbox-"):
        raise Refusal(401, "The key is missing or not valid here; the sandbox takes keys that begin with sandbox-.")


def refuse(out: "Handler", dialect: Dialect, http: Http, refusal: Refusal) -> None:
    """Send an error as the provider words it; a bad gateway is worded by a proxy, in HTML."""
    headers = dialect.headers(http) | (dialect.retry_headers(refusal.retry) if refusal.retry is not None else {})
    if refusal.status == 502:
        out.reply(502, BAD_GATEWAY, headers, "text/html")
    else:
        out.reply(refusal.status, encode(dialect.error(http, refusal)), headers)


class Exchange:
    """A request to one dialect. `out` is the connection's handler, which sends."""

    def __init__(self, out: "Handler", dialect: Dialect, http: Http, record: Record):
        self.out, self.dialect, self.http, self.record = out, dialect, http, record
        self.line, self.start = out.line, record.received_at
        record.request_id = dialect.headers(http)[dialect.id_header] if dialect.id_header else http.id

    def run(self, model: str | None) -> str:
        """Answer; `model` is the one in the path, if any. Returns the outcome for the record."""
        self.fault: str | None = None
        try:
            ask = self._read(model)
            self.fault = ask.script.fault
            self._answer(ask)
        except Refusal as refusal:
            refuse(self.out, self.dialect, self.http, refusal)
            return self.fault or str(refusal.status)
        except Break as broken:
            return str(broken)
        return "done" if self.fault in (None, "flaky") else self.fault

    def _read(self, model: str | None) -> Ask:
        """The request understood, or the refusal that the real provider would answer with."""
        if self.record.body is None:
            raise Refusal(400, "The body of the request is not a JSON object.")
        self.record.model = model = model or self.dialect.model(self.http)
        key_checked(self.dialect, self.http)
        self.record.delay_ms = self.out.server.delays.ms(self.dialect.name.startswith("azure"), self.http)
        self.start += self.record.delay_ms / 1000
        script = parse(model, ttft=self.dialect.ttft, rate=self.dialect.rate)
        if script is None or not self.dialect.knows(model):
            raise self.dialect.no_such_model(model)
        script = replace(script, fault=self.out.server.fault or script.fault)
        return self.dialect.ask(self.http, model, script)

    def _answer(self, ask: Ask) -> None:
        if self.fault == "stallheaders":
            self.line.wait(None)
        if self.fault == "html":
            return self.out.reply(200, LOGIN_PAGE, kind="text/html")
        self._refuse_as_scripted(ask)
        answers: Answers | None = self.out.server.answers
        (self._stream if ask.stream else self._collect)(ask, parts(ask, self.line, self.start, answers))

    def _refuse_as_scripted(self, ask: Ask) -> None:
        """Raise the refusal that the script asks for, if any."""
        script, fault, said = ask.script, self.fault, f"Simulated: {self.fault}."
        if script.status == 404 and self.dialect.name != "mistral":  # which words it as 400
            raise self.dialect.no_such_model(ask.model)
        if script.status:
            raise Refusal(script.status, said, retry=script.retry if fault == "429" else None)
        if fault == "echo":
            raise Refusal(401, f"Incorrect API key provided: {self.dialect.key(self.http)}.")
        if fault == "badkey":
            raise Refusal(400, said, "API_KEY_INVALID") if self.dialect.name == "gemini" else Refusal(401, said)
        if fault == "slow503":
            self.line.wait(self.start + script.ttft / 1000)
            raise Refusal(503, said)
        if fault == "flaky" and self.out.server.fails_again(ask.model, script.after):
            raise Refusal(503, said)
        if fault == "filter" and (refusal := self.dialect.blocked(ask)):
            raise refusal

    def _stream(self, ask: Ask, source: Iterator[Token | End]) -> None:
        """Send the answer piece by piece, the end of the body with the last piece."""
        self.ended = False
        frames = self.dialect.frames(ask, self._noted(source))
        self.line.wait(self.start + ask.script.ttft / 1000 * HEADERS_SHARE)
        streaming = {"Content-Type": self.dialect.content_type(ask), "Cache-Control": "no-cache"}
        self.out.head(200, self.dialect.headers(self.http) | streaming | {"Transfer-Encoding": "chunked"})
        try:
            for self.frame in frames:
                self.out.chunk(self.frame, last=self.ended)
        except Break:
            self._break_off(ask)
            raise
        except BackendError as problem:  # of the model that gives the words
            self.fault = "no answer"
            self.out.chunk(self.dialect.error_event(ask, str(problem)), last=True)
            return
        if not self.ended:
            self.out.chunk(b"", last=True)

    def _noted(self, source: Iterator[Token | End]) -> Iterator[Token | End]:
        """The parts, each token noted in the record once its bytes have been sent."""
        for part in source:
            self.ended = isinstance(part, End)
            yield part
            if not self.ended and self.frame:
                self.record.token_sent(self.out.sent_at)

    def _collect(self, ask: Ask, source: Iterator[Token | End]) -> None:
        """Send the answer as a whole when its last token is due."""
        said = {True: "", False: ""}
        try:
            for part in source:
                if isinstance(part, End):
                    body = encode(self.dialect.whole(ask, said[False], said[True], part))
                else:
                    said[part.reasoning] += part.text
        except Break:
            self._break_whole(ask)
            raise
        except BackendError as problem:
            self.fault = "no answer"
            raise Refusal(503, str(problem)) from problem
        self.out.reply(200, body, self.dialect.headers(self.http))
        self.record.token_sent(self.record.headers_at or time.perf_counter())

    def _break_whole(self, ask: Ask) -> None:
        """What the faults of a stream's middle become where nothing streams."""
        half = b'{"id": "broken", "choices": [{"message": {"role": "assistant", "content": "'
        headers = self.dialect.headers(self.http) | {"Content-Type": "application/json"}
        if self.fault == "errorevent":
            raise Refusal(500, SIMULATED)
        if self.fault == "badjson":
            return self.out.reply(200, half, headers)
        if self.fault == "trickle":
            self.out.head(200, headers | {"Transfer-Encoding": "chunked"})
        else:
            self.out.head(200, headers | {"Content-Length": "4096"}, half)
        self._break_off(ask)

    def _break_off(self, ask: Ask) -> None:
        """Do in the middle of a body what the fault says."""
        if self.fault == "drop":
            return self.out.reset()
        if self.fault == "stall":
            self.line.wait(None)
        while self.fault == "trickle":
            self.out.chunk(self.dialect.blank(ask) if ask.stream else b" ")
            self.line.wait(time.perf_counter() + 0.1)
        bad = self.fault == "badjson"
        self.out.chunk(self.dialect.bad_chunk(ask) if bad else self.dialect.error_event(ask, SIMULATED), last=True)
