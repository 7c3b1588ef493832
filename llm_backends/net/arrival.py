"""Reads from a socket and says when what was read had arrived.

Many threads share one interpreter: one that waits for its turn would note an arrival milliseconds late, and count that
as the provider's time. Linux stamps the bytes itself as they come in (SO_TIMESTAMPNS, socket(7)); elsewhere the clock
is read as soon as the thread has its turn.
"""

import socket
import ssl
import struct
import sys
from contextlib import suppress

import httpcore2

from ..clock import now_ms, stamped_ms

_STAMP = 35 if sys.platform == "linux" else None  # SO_TIMESTAMPNS in asm-generic/socket.h; Python has no name for it
_TIME = struct.Struct("@ll")
_ROOM = 64


def stamp(sock: socket.socket) -> None:
    """Have the kernel stamp what arrives, where it can."""
    if _STAMP is not None:
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, _STAMP, 1)


def first_byte_at(sock: socket.socket) -> float:
    """Wait until something is there to be read, read nothing, and return when it arrived. For plain sockets."""
    return _stamped(sock, 1, socket.MSG_PEEK)[1]


def received(sock: socket.socket, max_bytes: int, timeout_s: float | None) -> tuple[bytes, float]:
    """The next bytes, and the clock reading of their arrival. Raises httpcore2's ReadTimeout or ReadError."""
    try:
        if isinstance(sock, ssl.SSLSocket):
            return _decrypted(sock, max_bytes, timeout_s)
        sock.settimeout(timeout_s)
        return _stamped(sock, max_bytes)
    except TimeoutError as exc:
        raise httpcore2.ReadTimeout(str(exc)) from exc
    except OSError as exc:
        raise httpcore2.ReadError(str(exc)) from exc


def _stamped(sock: socket.socket, max_bytes: int, flags: int = 0) -> tuple[bytes, float]:
    if _STAMP is None:
        return sock.recv(max_bytes, flags), now_ms()
    # An SSLSocket refuses its own recvmsg, since what it would give is still encrypted; here only the stamp is wanted.
    data, ancillary, _, _ = socket.socket.recvmsg(sock, max_bytes, _ROOM, flags)
    for level, kind, value in ancillary:
        if (level, kind, len(value)) == (socket.SOL_SOCKET, _STAMP, _TIME.size):
            seconds, nanoseconds = _TIME.unpack(value)
            return data, stamped_ms(seconds * 1_000_000_000 + nanoseconds)
    return data, now_ms()


def _decrypted(sock: ssl.SSLSocket, max_bytes: int, timeout_s: float | None) -> tuple[bytes, float]:
    """A TLS record is whole with its last packet, and one without data (a session ticket) is none: look, then read."""
    end_ms = None if timeout_s is None else now_ms() + timeout_s * 1000
    at = now_ms()
    while True:
        if not sock.pending() and _STAMP is not None:
            sock.settimeout(None if end_ms is None else max(0.001, (end_ms - now_ms()) / 1000))
            _, at = _stamped(sock, 1, socket.MSG_PEEK)
            sock.settimeout(0)
        else:
            sock.settimeout(timeout_s)
        try:
            data = sock.recv(max_bytes)
        except ssl.SSLWantReadError:
            continue
        return data, at if _STAMP is not None else now_ms()
