"""Opens a TCP connection in small steps, so that a stopped call does not wait for an address that never answers."""

import errno
import ipaddress
import os
import selectors
import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import httpcore2

from ..clock import now_ms
from .switch import Stopped, Switch

STEP_S = 0.05
_UNDER_WAY = (0, errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", errno.EWOULDBLOCK))


def connected(host: str, port: int, timeout_s: float | None, options: Iterable[Any], call: Switch) -> socket.socket:
    """A connected socket, at the first of the host's addresses that answers; `timeout_s` for each of them.

    Raises httpcore2's ConnectError or ConnectTimeout, and Stopped as soon as the call is.
    """
    try:
        failed: OSError | None = None
        for family, kind, protocol, _, address in _addresses(host, port, call):
            sock = socket.socket(family, kind, protocol)
            try:
                _connect(sock, address, timeout_s, call)
            except OSError as exc:
                sock.close()
                failed = exc
                continue
            except BaseException:
                sock.close()
                raise
            for option in options:
                sock.setsockopt(*option)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        raise failed or OSError(f"no address for {host}")
    except TimeoutError as exc:
        raise httpcore2.ConnectTimeout(str(exc)) from exc
    except OSError as exc:
        raise httpcore2.ConnectError(str(exc)) from exc


def _addresses(host: str, port: int, call: Switch) -> list[Any]:
    found: list[Any] = []

    def resolve() -> None:
        found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))

    with suppress(ValueError):
        ipaddress.ip_address(host)
        resolve()
        return found
    call.aside(resolve)
    if call.stopped:
        raise Stopped("stopped before the host was found")
    return found


def _connect(sock: socket.socket, address: Any, timeout_s: float | None, call: Switch) -> None:
    end_ms = None if timeout_s is None else now_ms() + timeout_s * 1000
    sock.setblocking(False)
    code = sock.connect_ex(address)
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_WRITE)
        while code in _UNDER_WAY and not selector.select(STEP_S):
            if call.stopped:
                raise Stopped("stopped before the connection was open")
            if end_ms is not None and now_ms() >= end_ms:
                raise TimeoutError("timed out")
    if code in _UNDER_WAY:
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))
