"""The DTLS handshake of one transport, and the SRTP keys that come of it: the one file that knows aiortc.

Of aiortc, only `RTCDtlsTransport` is used, over an object with the three names that it needs of an ICE transport
(`role`, `_recv`, `_send`): docs/decisions/0005. It is fed DTLS datagrams alone, from validated addresses alone; its
own reading of RTP never runs. We are the DTLS server, so that the SRTP profile is ours to choose: GCM.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from OpenSSL import SSL

from media.srtp import Keys
from protocol.calls import DtlsParameters, Fingerprint

MAX_WAITING = 64
"""Datagrams that wait for the handshake's task: a handshake has about 10."""


class Certificate:
    """The certificate of a worker's every transport: made once, as making one takes milliseconds."""

    def __init__(self) -> None:
        self._own = RTCCertificate.generateCertificate()

    @property
    def parameters(self) -> DtlsParameters:
        """Its fingerprint. `auto`: the client chooses the role of DTLS client, we are the server."""
        fingerprints = (
            Fingerprint(algorithm=item.algorithm, value=item.value)
            for item in self._own.getFingerprints()
            if item.algorithm == "sha-256"
        )
        return DtlsParameters(role="auto", fingerprints=tuple(fingerprints))

    def transport(self, ice: object) -> RTCDtlsTransport:
        """aiortc's transport with this certificate."""
        return RTCDtlsTransport(cast("Any", ice), [self._own])


class _IceTransport:
    """What RTCDtlsTransport needs of an RTCIceTransport."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.waiting: asyncio.Queue[bytes] = asyncio.Queue(MAX_WAITING)
        self.first = asyncio.Event()
        self._pass = send

    async def _recv(self) -> bytes:
        return await self.waiting.get()

    async def _send(self, data: bytes) -> None:
        self._pass(data)


class Association:
    """One DTLS association, from its first datagram to its end."""

    def __init__(
        self, certificate: Certificate, *, send: Callable[[bytes], None], on_end: Callable[[], None]
    ) -> None:
        """`on_end`: called once when the far side says goodbye."""
        self._ice = _IceTransport(send)
        self._dtls = certificate.transport(self._ice)
        self._dtls._set_role("server")
        self._dtls.add_listener("statechange", self._changed)
        self._on_end = on_end

    def receive(self, data: bytes) -> bool:
        """Take a datagram; False if too many wait already."""
        if self._ice.waiting.full():
            return False
        self._ice.waiting.put_nowait(data)
        self._ice.first.set()
        return True

    async def handshake(
        self, theirs: DtlsParameters, *, patience: float, deadline: float
    ) -> Keys | None:
        """The keys, or None if it failed or took too long.

        `patience`: seconds for the first datagram to come; `deadline`: seconds from there to the end.
        """
        fingerprints = [
            RTCDtlsFingerprint(algorithm=item.algorithm, value=item.value)
            for item in theirs.fingerprints
        ]
        try:
            # Not wait_for: before Python 3.12 it may swallow the cancellation of a transport that closes.
            async with asyncio.timeout(patience):
                await self._ice.first.wait()
            async with asyncio.timeout(deadline):
                await self._dtls.start(RTCDtlsParameters(fingerprints=fingerprints))
        except (TimeoutError, SSL.Error):
            return None
        if self._dtls.state != "connected":
            return None
        return Keys(self._dtls._rx_srtp, self._dtls._tx_srtp)

    async def close(self) -> None:
        """Say goodbye."""
        self._dtls.remove_listener("statechange", self._changed)
        await self._dtls.stop()

    def _changed(self) -> None:
        if self._dtls.state == "closed":
            self._on_end()
