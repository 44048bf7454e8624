"""SRTP by libsrtp, in place: pylibsrtp's own `Session` copies in and out, and takes no packet above 1,356 bytes.

The names used of pylibsrtp beneath its public ones (`_binding.ffi`, `_binding.lib`, `Session._srtp`) are pinned by
tests/media/test_canary.py.
"""

from typing import Any

from pylibsrtp import Error, Session
from pylibsrtp._binding import ffi, lib

ROOM = 2048
"""Bytes of an arena: the largest datagram we take, and the longest trailer libsrtp may write (148)."""

MAX_STREAMS = 64
"""Inbound SSRCs of one session: libsrtp keeps a context for each for ever, and an SSRC costs its sender nothing."""


class Arena:
    """Memory that libsrtp works in. `view` is what Python sees of it."""

    __slots__ = ("_length", "_memory", "view")

    def __init__(self) -> None:
        self._memory = ffi.new("unsigned char[]", ROOM)
        self._length = ffi.new("int *")
        self.view = memoryview(ffi.buffer(self._memory)).cast("B")

    def protect(self, context: Any, size: int) -> int:
        """Encrypt the RTP packet of `size` bytes in place: its new size, or 0 if libsrtp refuses."""
        self._length[0] = size
        if lib.srtp_protect(context, self._memory, self._length):
            return 0
        return int(self._length[0])

    def unprotect(self, context: Any, size: int) -> int:
        """Check and decrypt an RTP packet in place: its new size, or 0 if it is forged, replayed or broken."""
        self._length[0] = size
        if lib.srtp_unprotect(context, self._memory, self._length):
            return 0
        return int(self._length[0])

    def unprotect_rtcp(self, context: Any, size: int) -> int:
        """The same for an RTCP packet."""
        self._length[0] = size
        if lib.srtp_unprotect_rtcp(context, self._memory, self._length):
            return 0
        return int(self._length[0])


class Keys:
    """Both directions of one peer's SRTP: `inbound` and `outbound` are what an arena wants as context."""

    __slots__ = ("_known", "_rx", "_tx", "inbound", "outbound")

    def __init__(self, rx: Session, tx: Session) -> None:
        self._rx, self._tx = rx, tx  # they own the contexts' memory
        self.inbound = rx._srtp[0]
        self.outbound = tx._srtp[0]
        self._known: set[int] = set()

    def admit(self, ssrc: int) -> None:
        """A packet of this inbound SSRC was decrypted: its context is kept, or freed if there are too many."""
        if len(self._known) < MAX_STREAMS:
            self._known.add(ssrc)
        elif ssrc not in self._known:
            self._remove(self._rx, ssrc)

    def dismiss(self, ssrc: int) -> None:
        """Nothing under this inbound SSRC is wanted."""
        self._known.discard(ssrc)
        self._remove(self._rx, ssrc)

    def retire(self, ssrc: int) -> None:
        """We send no more under this SSRC."""
        self._remove(self._tx, ssrc)

    def protect_rtcp(self, data: bytes) -> bytes:
        """An encrypted RTCP packet. Raises pylibsrtp.Error."""
        protected: bytes = self._tx.protect_rtcp(data)
        return protected

    @staticmethod
    def _remove(session: Session, ssrc: int) -> None:
        try:
            session.remove_stream(ssrc)
        except Error:  # nothing was ever sent under it
            return
