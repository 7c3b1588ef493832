"""The one HTTP client under every SDK: every socket reports to the call that its thread is making.

The SDKs know nothing of it. See `Call` for what is reported.
"""

import ssl
from collections.abc import Iterator
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpcore2
import httpx2
from httpcore2._backends.sync import SyncStream  # httpcore2 exports no stream over a socket of one's own

from ..clock import now_ms
from ..once import once
from .arrival import Reader, readable, stamp
from .call import Call, Timeouts, current_call
from .connect import connected

KEPT_OPEN = 64


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner
        self._reader = Reader(inner.get_extra_info("socket")) if isinstance(inner, SyncStream) else None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        call = current_call()
        if call is None:
            return self._inner.read(max_bytes, timeout)
        timeout = call.limit(timeout)
        if self._reader is not None:
            data, at = self._reader.read(max_bytes, timeout)
        else:  # TLS within TLS, through a proxy
            data, at = self._inner.read(max_bytes, timeout), now_ms()
        if data:
            call.attempt.arrived_at = at
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if call := current_call():
            call.hold(self._inner.get_extra_info("socket"))
            call.start()
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(self, *args: Any, **kwargs: Any) -> httpcore2.NetworkStream:
        started = now_ms()
        stream = _Stream(self._inner.start_tls(*args, **kwargs))
        if (call := current_call()) and call.attempt.connect_ms is not None:
            call.attempt.connect_ms += now_ms() - started
        return stream

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and isinstance(self._inner, SyncStream):
            found = readable(self._inner.get_extra_info("socket"))
            if found is not None:
                return found
        return self._inner.get_extra_info(info)


class _Body(httpx2.SyncByteStream):
    """A response's body that leaves its connection usable where the reader closes it a little early."""

    def __init__(self, inner: httpx2.SyncByteStream, call: Call) -> None:
        self._inner, self._call, self._chunks = inner, call, iter(inner)

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:  # noqa: UP028 - `yield from` would close them with this generator, before the drain
            yield chunk

    def close(self) -> None:
        self._call.drain(self._chunks)
        self._inner.close()


class _Network(httpcore2.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore2.NetworkStream:
        call = current_call()
        if call is None:
            return _Stream(super().connect_tcp(host, port, timeout, local_address, socket_options))
        started = now_ms()
        call.start(at_ms=started)
        sock = connected(host, port, timeout, socket_options or (), call)
        call.attempt.connect_ms = now_ms() - started
        stamp(sock)
        try:
            call.hold(sock)
        except BaseException:  # stopped just now
            sock.close()
            raise
        return _Stream(SyncStream(sock))


class _Transport(httpx2.HTTPTransport):
    def __init__(self, trust: ssl.SSLContext, proxy: str | None, kept_open: int) -> None:
        # A slot must never wait for a connection, and an analyst who reads an answer should find the next call's open.
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=kept_open, keepalive_expiry=120)
        super().__init__(verify=trust, limits=limits, proxy=proxy)
        self._pool._network_backend = _Network()  # httpx2 has no parameter for it; a test holds this line

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        call = current_call()
        if call is None:
            return super().handle_request(request)
        if not call.ready():
            raise httpx2.NetworkError("stopped before the request was sent", request=request)
        response = super().handle_request(request)
        try:
            call.attempt.note(response)
        except BaseException:
            response.close()
            raise
        if not response.is_closed:
            assert isinstance(response.stream, httpx2.SyncByteStream)
            response.stream = _Body(response.stream, call)
        return response


class _Proxied(httpx2.BaseTransport):
    """Chooses by host, as the environment's proxy variables say; a loopback host is always direct."""

    def __init__(self, trust: ssl.SSLContext, kept_open: int) -> None:
        self._direct = _Transport(trust, None, kept_open)
        proxies = getproxies()
        schemes = [scheme for scheme in ("http", "https") if scheme in proxies]
        self._by_scheme: dict[str, _Transport] = {
            scheme: _Transport(trust, proxies[scheme], kept_open) for scheme in schemes
        }

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        host = request.url.host
        through = self._by_scheme.get(request.url.scheme)
        if through is None or goes_direct(host):
            return self._direct.handle_request(request)
        return through.handle_request(request)

    def close(self) -> None:
        for transport in (self._direct, *self._by_scheme.values()):
            transport.close()


class _Pools(httpx2.BaseTransport):
    """The connections that stay open between calls, and those of calls that want one of their own.

    A pool that keeps none open closes each with its answer, and gives no idle one to another call before that.
    """

    def __init__(self) -> None:
        trust = httpx2.create_ssl_context()
        self._shared, self._own = _Proxied(trust, KEPT_OPEN), _Proxied(trust, 0)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        call = current_call()
        pool = self._own if call and call.new_connection else self._shared
        return pool.handle_request(request)

    def close(self) -> None:
        self._shared.close()
        self._own.close()


def goes_direct(host: str) -> bool:
    """Whether no proxy stands before this host even where one is set: loopback, and what NO_PROXY names."""
    return host in ("localhost", "127.0.0.1", "::1") or bool(proxy_bypass(host))


@once
def client() -> httpx2.Client:
    """The process's HTTP client, shared by every SDK so that connections stay open between calls.

    It follows no redirect: only `Authorization` would be taken off at another host, not the vendors' own key headers.
    """
    return httpx2.Client(transport=_Pools(), timeout=Timeouts().http(), follow_redirects=False)
