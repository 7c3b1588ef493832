"""One connection to the sandbox: reads requests, finds their dialect, keeps the record, and sends."""

import json
import re
import socket
import ssl
import struct
import time
import uuid
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ..net.arrival import first_byte_at
from .exchange import Exchange, key_checked, refuse
from .pace import ClientGone, Line
from .protocol import Dialect, Http, Refusal, encode
from .record import Record, auth_names, dump, kept_headers
from .vendors.anthropic import Anthropic
from .vendors.azure import AzureAnthropic, AzureDeployments, AzureV1
from .vendors.gemini import Gemini
from .vendors.mistral import Mistral
from .vendors.openai import OpenAI

if TYPE_CHECKING:
    from .server import Sandbox

CHATS = {
    re.compile(r"/openai/v1/chat/completions"): OpenAI(),
    re.compile(r"/anthropic/v1/messages"): Anthropic(),
    re.compile(r"/gemini/v1(?:beta)?/models/([^/:]+):(?:streamGenerateContent|generateContent)"): Gemini(),
    re.compile(r"/mistral/v1/chat/completions"): Mistral(),
    re.compile(r"/azure/openai/deployments/([^/]+)/chat/completions"): AzureDeployments(),
    re.compile(r"/azure/openai/v1/chat/completions"): AzureV1(),
    re.compile(r"/azure/anthropic/v1/messages"): AzureAnthropic(),
}
LISTS = {
    re.compile(r"/openai/v1/models"): OpenAI(),
    re.compile(r"/anthropic/v1/models"): Anthropic(),
    re.compile(r"/gemini/v1(?:beta)?/models"): Gemini(),
    re.compile(r"/mistral/v1/models"): Mistral(),
    re.compile(r"/azure/openai/(?:v1/)?models"): AzureV1(),
}
_numbers = count(1)


class Handler(BaseHTTPRequestHandler):
    """The machinery of one connection."""

    server: "Sandbox"
    record: Record | None
    _headers_buffer: list[bytes]  # the base class's own, which its published types leave out

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "LLMSelect-sandbox", ""
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.number = next(_numbers)
        self.received_at = self.sent_at = 0.0
        self.line = Line(self.connection)
        self.server.opened(self.number, self.connection)

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.server.closed(self.number)

    def handle_one_request(self) -> None:
        if not isinstance(self.connection, ssl.SSLSocket):
            self.received_at = first_byte_at(self.connection) / 1000
        super().handle_one_request()

    def parse_request(self) -> bool:
        self.record = None
        if isinstance(self.connection, ssl.SSLSocket):
            self.received_at = time.perf_counter()
        return super().parse_request()

    def log_message(self, *_: object) -> None:
        """Nothing: the records say more."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/sandbox/records":
            return self.reply(200, dump(self.server.records))
        if path == "/identity/token":
            return self.recorded("identity", self.identity)
        for pattern, dialect in LISTS.items():
            if pattern.fullmatch(path):
                return self.recorded(dialect.name, partial(self.listing, dialect))
        self.nothing_here()

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        for pattern, dialect in CHATS.items():
            if match := pattern.fullmatch(path):
                model = unquote(match[1]) if match.groups() else None
                return self.recorded(dialect.name, partial(self.chat, dialect, model))
        self.nothing_here()

    def recorded(self, dialect: str, work: Callable[[Http], str]) -> None:
        """Do the work on this request, which returns the outcome, and keep a record of it."""
        target = urlsplit(self.path)
        query = dict(parse_qsl(target.query))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.record = record = Record(
            dialect, target.path, self.number, self.received_at,
            query={name: value for name, value in query.items() if name != "key"},
            headers=kept_headers(headers),
            auth=auth_names(headers),
        )  # fmt: skip
        self.server.began(record)
        outcome = "sandbox failed"
        try:
            record.body = self.body()
            outcome = work(Http(target.path, query, headers, record.body or {}, uuid.uuid4().hex, int(time.time())))
        except (ClientGone, OSError):
            outcome = self.gone(record)
        finally:
            self.server.ended(record, outcome)

    def gone(self, record: Record) -> str:
        self.close_connection = True
        if self.server.closing:
            return "server closed"
        record.client_gone_at = time.perf_counter()
        return "client gone"

    def body(self) -> dict[str, Any] | None:
        """The request's JSON: an empty object where there is none, None where it is something else."""
        sent = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            read = json.loads(sent) if sent else {}
        except ValueError:
            return None
        return read if isinstance(read, dict) else None

    def chat(self, dialect: Dialect, model: str | None, http: Http) -> str:
        """An answer; `model` is the one in the path, if any."""
        assert self.record is not None
        return Exchange(self, dialect, http, self.record).run(model)

    def listing(self, dialect: Dialect, http: Http) -> str:
        """The models of a provider."""
        try:
            key_checked(dialect, http)
        except Refusal as refusal:
            refuse(self, dialect, http, refusal)
            return str(refusal.status)
        self.reply(200, encode(dialect.listing()), dialect.headers(http))
        return "done"

    def identity(self, http: Http) -> str:
        """A token, as an App Service's managed identity endpoint gives it."""
        if http.headers.get("x-identity-header") != "sandbox" or not http.query.get("resource"):
            self.reply(400, encode({"statusCode": 400, "message": "The identity header or the resource is wrong."}))
            return "400"
        expires = int(time.time()) + self.server.token_life_s
        token = {"access_token": f"sandbox-entra-{http.id}", "expires_on": str(expires), "token_type": "Bearer",
                 "resource": http.query["resource"], "client_id": "sandbox"}  # fmt: skip
        self.reply(200, encode(token))
        return "done"

    def nothing_here(self) -> None:
        self.body()
        self.reply(404, encode({"error": {"code": 404, "message": "The sandbox has nothing at this path."}}))

    def head(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        """Send the status line and headers, with the body in the same packet."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.record:
            self.record.status, self.record.headers_at = status, time.perf_counter()
        self._headers_buffer.append(b"\r\n" + body)
        self.flush_headers()

    def reply(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, kind: str = "application/json"
    ) -> None:
        """Send a whole answer."""
        self.head(status, {"Content-Type": kind, "Content-Length": str(len(body))} | (headers or {}), body)

    def chunk(self, data: bytes, *, last: bool = False) -> None:
        """Send one chunk of a stream; the end of the body goes with the last, for a client that leaves on `[DONE]`."""
        framed = b"%x\r\n%b\r\n" % (len(data), data) if data else b""
        if framed or last:
            self.sent_at = time.perf_counter()
            self.connection.sendall(framed + (b"0\r\n\r\n" if last else b""))

    def reset(self) -> None:
        """Cut the connection with a TCP reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.rfile.close()  # the socket closes with its last file
        self.connection.close()
