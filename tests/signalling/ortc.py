"""ORTC objects as Chromium's mediasoup-client makes them, shortened."""

from itertools import count
from typing import Any

_ssrcs = count(1000)

DTLS: dict[str, Any] = {
    "role": "client",
    "fingerprints": [{"algorithm": "sha-256", "value": ":".join(["AB"] * 32)}],
}

_OPUS = {
    "mimeType": "audio/opus",
    "clockRate": 48000,
    "channels": 2,
    "parameters": {"minptime": 10, "useinbandfec": 1},
    "rtcpFeedback": [],
}
_VP8 = {
    "mimeType": "video/VP8",
    "clockRate": 90000,
    "parameters": {},
    "rtcpFeedback": [
        {"type": "nack", "parameter": ""},
        {"type": "nack", "parameter": "pli"},
        {"type": "ccm", "parameter": "fir"},
    ],
}

CAPABILITIES: dict[str, Any] = {
    "codecs": [
        {"kind": "audio", "preferredPayloadType": 100, **_OPUS},
        {"kind": "video", "preferredPayloadType": 101, **_VP8},
    ],
    "headerExtensions": [],
}


def audio() -> dict[str, Any]:
    """`rtpParameters` of a microphone."""
    return _parameters({"payloadType": 111, **_OPUS})


def video() -> dict[str, Any]:
    """`rtpParameters` of a camera, without rtx."""
    return _parameters({"payloadType": 96, **_VP8})


def _parameters(codec: dict[str, Any]) -> dict[str, Any]:
    ssrc = next(_ssrcs)
    return {
        "mid": str(ssrc % 100),
        "codecs": [codec],
        "headerExtensions": [],
        "encodings": [{"ssrc": ssrc}],
        "rtcp": {"cname": "someone", "reducedSize": True},
    }
