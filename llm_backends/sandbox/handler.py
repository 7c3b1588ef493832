"""One connection to the sandbox: reads requests, lets the wire answer, and breaks things where the script says so."""

import json
import re
import socket
import struct
import time
import uuid
from http.server import BaseHTTPRequestHandler
from itertools import count
from urllib.parse import parse_qsl, unquote, urlsplit

from .answer import Break, parts
from .anthropic import Anthropic
from .azure import AzureAnthropic, AzureDeployments, AzureV1
from .gemini import Gemini
from .mistral import Mistral
from .openai import OpenAI
from .pace import ClientGone, Line
from .record import Record, auth_names, dump, kept_headers
from .script import parse
from .wire import Ask, End, Http, Refusal, Token, Wire, encode

ASKS = [
    (re.compile(pattern + "$"), wire)
    for pattern, wire in (
        (r"/openai/v1/chat/completions", OpenAI()),
        (r"/anthropic/v1/messages", Anthropic()),
        (r"/gemini/v1(?:beta)?/models/([^/:]+):(?:streamGenerateContent|generateContent)", Gemini()),
        (r"/mistral/v1/chat/completions", Mistral()),
        (r"/azure/openai/deployments/([^/]+)/chat/completions", AzureDeployments()),
        (r"/azure/openai/v1/chat/completions", AzureV1()),
        (r"/azure/anthropic/v1/messages", AzureAnthropic()),
    )
]
LISTS = [
    (re.compile(pattern + "$"), wire)
    for pattern, wire in (
        (r"/openai/v1/models", OpenAI()),
        (r"/anthropic/v1/models", Anthropic()),
        (r"/gemini/v1(?:beta)?/models", Gemini()),
        (r"/mistral/v1/models", Mistral()),
        (r"/azure/openai/(?:v1/)?models", AzureV1()),
    )
]
HEADERS_SHARE = 0.5
"""Response headers come this part of the way to the first token."""
_numbers = count(1)


class Handler(BaseHTTPRequestHandler):
    """The machinery of one connection; what an answer looks like is the wire's business, when it comes is `parts`'."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.number = next(_numbers)
        self.line = Line(self.connection)
        self.server.opened(self.number, self.connection)

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.server.closed(self.number)

    def parse_request(self) -> bool:
        self.received_at, self.record = time.perf_counter(), None
        return super().parse_request()

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        path, query = self.address()
        if path == "/sandbox/records":
            return self.reply(200, dump(self.server.records))
        if path == "/identity/token":
            return self.recorded("identity", self.identity)
        for pattern, wire in LISTS:
            if pattern.match(path):
                return self.recorded(wire.name, lambda http, wire=wire: self.listing(wire, http))
        self.reply(404, encode({"error": {"code": 404, "message": f"The sandbox has nothing at {path}."}}))

    def do_POST(self) -> None:
        path, query = self.address()
        for pattern, wire in ASKS:
            if match := pattern.match(path):
                model = unquote(match[1]) if match.groups() else None
                return self.recorded(wire.name, lambda http, wire=wire: self.converse(wire, http, model))
        self.body()
        self.reply(404, encode({"error": {"code": 404, "message": f"The sandbox has nothing at {path}."}}))

    def address(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        return parts.path, dict(parse_qsl(parts.query))

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def recorded(self, wire: str, work) -> None:
        """Do the work on this request with a record of it."""
        path, query = self.address()
        headers = {name.lower(): value for name, value in self.headers.items()}
        shown = {name: value for name, value in query.items() if name != "key"}
        self.record = Record(wire, path, self.number, self.received_at, shown, kept_headers(headers), auth_names(headers))
        self.server.began(self.record)
        outcome = "server failed"
        try:
            sent = self.body()
            try:
                self.record.body = body = json.loads(sent) if sent else {}
            except ValueError:
                body = None
            outcome = work(Http(path, query, headers, body, uuid.uuid4().hex, int(time.time())))
        except (ClientGone, ConnectionError):
            self.record.client_gone_at = time.perf_counter()
            outcome = "server closed" if self.server.closing else "client gone"
            self.close_connection = True
        finally:
            self.server.ended(self.record, outcome)

    def converse(self, wire: Wire, http: Http, model: str | None) -> str:
        """Answer a chat request in its wire's format; returns the outcome."""
        self.record.request_id = wire.headers(http)[wire.id_header] if wire.id_header else http.id
        try:
            return self.answer(wire, self.read(wire, http, model))
        except Refusal as refusal:
            return self.refuse(wire, http, refusal)

    def read(self, wire: Wire, http: Http, model: str | None) -> Ask:
        """The request understood, or the refusal that the real provider would answer with."""
        if not isinstance(http.body, dict):
            raise Refusal(400, "The body of the request is not a JSON object.")
        self.record.model = model = model or wire.model(http)
        self.check_key(wire, http)
        script = parse(model, ttft=wire.ttft, rate=wire.rate)
        if script is None or not wire.knows(model):
            raise wire.no_such_model(model)
        return wire.ask(http, model, script)

    def check_key(self, wire: Wire, http: Http) -> None:
        if not wire.key(http).startswith("sandbox-"):
            raise Refusal(401, "The key is missing or not valid here; the sandbox takes keys that begin with sandbox-.")

    def answer(self, wire: Wire, ask: Ask) -> str:
        fault = ask.script.fault
        if fault == "stallheaders":
            self.line.wait(None)
        if fault == "html":
            self.reply(200, b"<!doctype html><title>Sign in</title><p>Please sign in to the network.", kind="text/html")
            return fault
        self.refuse_as_scripted(wire, ask)
        source = parts(ask, self.line, self.received_at, self.server.answers)
        return self.stream(wire, ask, source) if ask.stream else self.collect(wire, ask, source)

    def refuse_as_scripted(self, wire: Wire, ask: Ask) -> None:
        """Raise the refusal that the script asks for, if any."""
        script, fault = ask.script, ask.script.fault
        said = f"Simulated: {fault}."
        if script.status:
            retry = script.retry if fault == "429" else None
            raise wire.no_such_model(ask.model) if script.status == 404 else Refusal(script.status, said, retry=retry)
        if fault == "echo":
            raise Refusal(401, f"Incorrect API key provided: {wire.key(ask.http)}.")
        if fault == "badkey":
            raise Refusal(400, said, "API_KEY_INVALID") if wire.name == "gemini" else Refusal(401, said)
        if fault == "slow503":
            self.line.wait(self.received_at + script.ttft / 1000)
            raise Refusal(503, said)
        if fault == "flaky" and self.server.fails_again(ask.model, script.after):
            raise Refusal(503, said)
        if fault == "filter" and (refusal := wire.blocked(ask)):
            raise refusal

    def stream(self, wire: Wire, ask: Ask, source) -> str:
        """Send the answer piece by piece; returns the outcome."""
        self.ended = False
        frames = wire.frames(ask, self.timed(source))
        self.line.wait(self.received_at + ask.script.ttft / 1000 * HEADERS_SHARE)
        self.head(200, wire.headers(ask.http) | {"Content-Type": wire.content_type(ask), "Cache-Control": "no-cache",
                                                 "Transfer-Encoding": "chunked"})  # fmt: skip
        try:
            for self.frame in frames:
                self.chunk(self.frame, last=self.ended)
        except Break as broken:
            self.break_stream(wire, ask, str(broken))
            return str(broken)
        if not self.ended:
            self.chunk(b"", last=True)
        return self.outcome(ask)

    def timed(self, source):
        """The parts, each token noted in the record once its bytes have been sent."""
        for part in source:
            self.ended = isinstance(part, End)
            yield part
            if isinstance(part, Token) and self.frame:
                self.record.token_sent(time.perf_counter())

    def break_stream(self, wire: Wire, ask: Ask, fault: str) -> None:
        if fault == "drop":
            return self.reset()
        if fault == "stall":
            self.line.wait(None)
        while fault == "trickle":
            self.chunk(wire.blank(ask))
            self.line.wait(time.perf_counter() + 0.1)
        self.chunk(wire.bad_chunk(ask) if fault == "badjson" else wire.error_event(ask), last=True)

    def collect(self, wire: Wire, ask: Ask, source) -> str:
        """Send the answer as a whole when its last token is due; returns the outcome."""
        said = {True: "", False: ""}
        end, fault = None, None
        try:
            for part in source:
                if isinstance(part, End):
                    end = part
                else:
                    said[part.reasoning] += part.text
        except Break as broken:
            fault = str(broken)
        if fault:
            return self.break_whole(wire, ask, fault)
        body = encode(wire.whole(ask, said[False], said[True], end))
        self.reply(200, body, wire.headers(ask.http))
        self.record.token_sent(time.perf_counter())
        return self.outcome(ask)

    def break_whole(self, wire: Wire, ask: Ask, fault: str) -> str:
        """What the faults of a stream's middle become where nothing streams."""
        if fault == "errorevent":
            raise Refusal(500, "Simulated: errorevent.")
        half = b'{"id": "broken", "choices": [{"message": {"role": "assistant", "content": "'
        headers = wire.headers(ask.http) | {"Content-Type": "application/json"}
        if fault == "badjson":
            self.reply(200, half, headers)
            return fault
        if fault == "trickle":
            self.head(200, headers | {"Transfer-Encoding": "chunked"})
            self.break_stream(wire, ask, fault)
        self.head(200, headers | {"Content-Length": "4096"})
        self.connection.sendall(half)
        self.break_stream(wire, ask, fault)
        return fault

    def outcome(self, ask: Ask) -> str:
        """Faults that are only a way of answering are named too; `flaky` that came through is done."""
        return "done" if ask.script.fault in (None, "flaky") else ask.script.fault

    def refuse(self, wire: Wire, http: Http, refusal: Refusal) -> str:
        """Send an error as the provider words it; a bad gateway is worded by the proxy, in HTML."""
        headers = wire.headers(http) | (wire.retry_headers(refusal.retry) if refusal.retry is not None else {})
        if refusal.status == 502:
            self.reply(502, b"<html><head><title>502 Bad Gateway</title></head><body></body></html>", headers, "text/html")
        else:
            self.reply(refusal.status, encode(wire.error(http, refusal)), headers)
        model = self.record.model or ""
        script = parse(model, ttft=0, rate=1) if model.startswith("sandbox.") else None
        return script.fault if script and script.fault else str(refusal.status)

    def listing(self, wire: Wire, http: Http) -> str:
        try:
            self.check_key(wire, http)
        except Refusal as refusal:
            return self.refuse(wire, http, refusal)
        self.reply(200, encode(wire.listing()), wire.headers(http))
        return "done"

    def identity(self, http: Http) -> str:
        """An App Service's managed identity endpoint."""
        if http.headers.get("x-identity-header") != "sandbox" or not http.query.get("resource"):
            self.reply(400, encode({"statusCode": 400, "message": "The identity header or the resource is wrong."}))
            return "400"
        expires = int(time.time()) + self.server.token_life_s
        token = {"access_token": f"sandbox-entra-{http.id}", "expires_on": str(expires), "token_type": "Bearer",
                 "resource": http.query["resource"], "client_id": "sandbox"}  # fmt: skip
        self.reply(200, encode(token))
        return "done"

    def head(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        """Send the status line and headers, with the body in the same packet."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.record:
            self.record.status, self.record.headers_at = status, time.perf_counter()
        self._headers_buffer.append(b"\r\n" + body)
        self.flush_headers()

    def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None, kind="application/json") -> None:
        self.head(status, {"Content-Type": kind, "Content-Length": str(len(body))} | (headers or {}), body)

    def chunk(self, data: bytes, *, last: bool = False) -> None:
        """Send one chunk of a stream; the end of the body goes with the last, for a client that leaves on `[DONE]`."""
        framed = b"%x\r\n%b\r\n" % (len(data), data) if data else b""
        if framed or last:
            self.connection.sendall(framed + (b"0\r\n\r\n" if last else b""))

    def reset(self) -> None:
        """Cut the connection with a TCP reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        for file in (self.wfile, self.rfile, self.connection):
            file.close()
