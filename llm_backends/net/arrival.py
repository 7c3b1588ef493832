"""Reads from a socket and says when what was read had arrived.

Many threads share one interpreter: one that waits for its turn would note an arrival milliseconds late, and count that
as the provider's time. Linux stamps the bytes itself as they come in (SO_TIMESTAMPNS, socket(7)); elsewhere the clock
is read as soon as the thread has its turn.
"""

import ctypes
import select
import socket
import ssl
import struct
import sys
from contextlib import suppress

import httpcore2

from ..clock import now_ms, stamped_ms

STAMPS = sys.platform == "linux"
_STAMP = 35  # SO_TIMESTAMPNS in asm-generic/socket.h; Python has no name for it
_TIME = struct.Struct("@ll")
_ROOM = 64
_ASKED = struct.Struct("@ihh")  # struct pollfd
_libc = ctypes.PyDLL(None) if STAMPS else None


def stamp(sock: socket.socket) -> None:
    """Have the kernel stamp what arrives, where it can."""
    if STAMPS:
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, _STAMP, 1)


class Reader:
    """Reads one socket.

    On Linux it waits within the reading itself, under a time limit of the kernel's: what arrives is then taken at once,
    whoever holds the interpreter, while bytes left waiting would be stamped anew with those that join them.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._limit_s: float | None = -1.0

    def read(self, max_bytes: int, timeout_s: float | None) -> tuple[bytes, float]:
        """The next bytes, and the clock reading of their arrival. Raises httpcore2's ReadTimeout or ReadError."""
        try:
            if not STAMPS:
                self._sock.settimeout(timeout_s)
                return self._sock.recv(max_bytes), now_ms()
            if isinstance(self._sock, ssl.SSLSocket):
                return self._decrypted(self._sock, max_bytes, timeout_s)
            self._wait_at_most(timeout_s)
            return _stamped(self._sock, max_bytes)
        except (TimeoutError, BlockingIOError) as exc:
            raise httpcore2.ReadTimeout(str(exc)) from exc
        except OSError as exc:
            raise httpcore2.ReadError(str(exc)) from exc

    def _wait_at_most(self, timeout_s: float | None) -> None:
        if self._sock.gettimeout() is not None:
            self._sock.settimeout(None)
        if timeout_s != self._limit_s:
            seconds, rest = divmod(max(timeout_s, 1e-6), 1) if timeout_s is not None else (0, 0)
            limit = struct.pack("@ll", int(seconds), int(rest * 1e6))
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
            self._limit_s = timeout_s

    def _decrypted(self, sock: ssl.SSLSocket, max_bytes: int, timeout_s: float | None) -> tuple[bytes, float]:
        """A TLS record is whole with its last packet, and one without data (a session ticket) is none: look, then read.

        What OpenSSL holds already had arrived with what was read last.
        """
        end_ms = None if timeout_s is None else now_ms() + timeout_s * 1000
        at = now_ms()
        while True:
            if not sock.pending():
                self._wait_at_most(None if end_ms is None else (end_ms - now_ms()) / 1000)
                _, at = _stamped(sock, 1, socket.MSG_PEEK)
            sock.settimeout(0)
            try:
                return sock.recv(max_bytes), at
            except ssl.SSLWantReadError:
                continue


def first_byte_at(sock: socket.socket) -> float:
    """Wait until something is there to be read, read nothing, and return when it arrived. For plain sockets."""
    return _stamped(sock, 1, socket.MSG_PEEK)[1] if STAMPS else (sock.recv(1, socket.MSG_PEEK), now_ms())[1]


def readable(sock: socket.socket) -> bool | None:
    """Whether something is there to be read, the end among it; None where that can't be asked in this way.

    The connection pool asks it of every idle connection, under the lock that each call takes twice. Python's own poll
    lets go of the interpreter, and with 32 streams at once had to wait for it so often that each call lost 0.1 s.
    """
    if _libc is None or sock.fileno() < 0:
        return None
    asked = ctypes.create_string_buffer(_ASKED.pack(sock.fileno(), select.POLLIN, 0), _ASKED.size)
    return bool(_libc.poll(asked, 1, 0))


def _stamped(sock: socket.socket, max_bytes: int, flags: int = 0) -> tuple[bytes, float]:
    # An SSLSocket refuses its own recvmsg, since what it would give is still encrypted; here only the stamp is wanted.
    data, ancillary, _, _ = socket.socket.recvmsg(sock, max_bytes, _ROOM, flags)
    for level, kind, value in ancillary:
        if (level, kind, len(value)) == (socket.SOL_SOCKET, _STAMP, _TIME.size):
            seconds, nanoseconds = _TIME.unpack(value)
            return data, stamped_ms(seconds * 1_000_000_000 + nanoseconds)
    return data, now_ms()
