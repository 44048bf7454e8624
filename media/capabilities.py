"""What the router forwards, and what follows from it for one producer and one consumer (ORTC as mediasoup has it).

Subscribers receive with the payload types and extension ids written here, whatever the publisher's own are.
Transport-wide congestion control is not offered: where it is, browsers send no REMB.
"""

from dataclasses import dataclass

from media.errors import MediaRefused
from protocol.calls import (
    Codec,
    Encoding,
    HeaderExtension,
    Kind,
    RtcpFeedback,
    RtpCapabilities,
    RtpParameters,
)

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

_OPUS = Codec(
    mime_type="audio/opus",
    payload_type=100,
    clock_rate=48000,
    channels=2,
    parameters={"useinbandfec": 1, "usedtx": 1},
)
_VP8 = Codec(
    mime_type="video/VP8",
    payload_type=101,
    clock_rate=90000,
    feedback=(
        RtcpFeedback(type="nack"),
        RtcpFeedback(type="nack", parameter="pli"),
        RtcpFeedback(type="ccm", parameter="fir"),
        RtcpFeedback(type="goog-remb"),
    ),
)
_VP8_RTX = Codec(mime_type="video/rtx", payload_type=102, clock_rate=90000, parameters={"apt": 101})

ROUTER = RtpCapabilities(
    codecs=(_OPUS, _VP8, _VP8_RTX),
    extensions=(
        HeaderExtension(kind="audio", uri=MID, id=1),
        HeaderExtension(kind="video", uri=MID, id=1),
        HeaderExtension(kind="audio", uri=ABS_SEND_TIME, id=4),
        HeaderExtension(kind="video", uri=ABS_SEND_TIME, id=4),
        HeaderExtension(kind="audio", uri=AUDIO_LEVEL, id=10),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a producer's parameters say, of what the router needs. Ids are the publisher's; 0: not negotiated."""

    kind: Kind
    payload_type: int
    clock_rate: int
    rtx_payload_type: int | None
    ssrc: int | None
    rtx_ssrc: int | None
    mid: str | None
    mid_id: int
    audio_level_id: int
    repairs: bool
    """It answers NACKs."""
    picture_loss: bool
    """It answers PLI; otherwise FIR."""


def published(kind: Kind, parameters: RtpParameters) -> Published:
    """What to expect of this track. Raises MediaRefused: unsupported codec, or more than one encoding."""
    if len(parameters.encodings) > 1:
        raise MediaRefused("unsupported", "one encoding a track")
    offered = [codec for codec in parameters.codecs if not codec.is_rtx]
    if not offered or not any(ours.matches(offered[0]) for ours in _media_codecs(kind)):
        raise MediaRefused("unsupported", f"no {kind} codec of the router's")
    codec = offered[0]
    encoding = parameters.encodings[0] if parameters.encodings else Encoding()
    rtx = next(
        (item for item in parameters.codecs if item.is_rtx and item.apt == codec.payload_type), None
    )
    if encoding.ssrc is None and parameters.mid is None:
        raise MediaRefused("invalid", "neither SSRC nor mid: no packet could be known")
    ids = {extension.uri: extension.id for extension in parameters.extensions}
    return Published(
        kind=kind,
        payload_type=codec.payload_type,
        clock_rate=codec.clock_rate,
        rtx_payload_type=rtx.payload_type if rtx else None,
        ssrc=encoding.ssrc,
        rtx_ssrc=encoding.rtx_ssrc if rtx else None,
        mid=parameters.mid,
        mid_id=ids.get(MID, 0),
        audio_level_id=ids.get(AUDIO_LEVEL, 0),
        repairs=_has_feedback(codec, "nack", ""),
        picture_loss=_has_feedback(codec, "nack", "pli"),
    )


def consumed(
    kind: Kind,
    capabilities: RtpCapabilities,
    *,
    mid: str,
    encoding: Encoding,
    cname: str,
) -> RtpParameters:
    """How a subscriber with these capabilities receives a track of this kind. Raises MediaRefused: unsupported.

    `encoding` holds an rtx SSRC; it is left out where the subscriber has no rtx. `cname` names the publisher in this
    room; it is the stream id too, which ties his sound to his picture.
    """
    ours = next(iter(_media_codecs(kind)))
    theirs = next((codec for codec in capabilities.codecs if ours.matches(codec)), None)
    if theirs is None:
        raise MediaRefused("unsupported", f"no {kind} codec in common")
    has_rtx = _has_feedback(theirs, "nack", "") and any(
        codec.is_rtx and codec.apt == theirs.payload_type for codec in capabilities.codecs
    )
    rtx = _rtx_of(ours) if has_rtx else None
    uris = {item.uri for item in capabilities.extensions if item.kind == kind}
    return RtpParameters(
        mid=mid,
        codecs=(_with_common_feedback(ours, theirs), *([rtx] if rtx else [])),
        extensions=tuple(
            item for item in ROUTER.extensions if item.kind == kind and item.uri in uris
        ),
        encodings=(encoding if rtx else Encoding(ssrc=encoding.ssrc),),
        cname=cname,
        stream=cname,
    )


def _media_codecs(kind: Kind) -> list[Codec]:
    return [codec for codec in ROUTER.codecs if codec.kind == kind and not codec.is_rtx]


def _rtx_of(codec: Codec) -> Codec | None:
    return next((item for item in ROUTER.codecs if item.apt == codec.payload_type), None)


def _with_common_feedback(ours: Codec, theirs: Codec) -> Codec:
    return Codec(
        mime_type=ours.mime_type,
        payload_type=ours.payload_type,
        clock_rate=ours.clock_rate,
        channels=ours.channels,
        parameters=ours.parameters,
        feedback=tuple(item for item in ours.feedback if item in theirs.feedback),
    )


def _has_feedback(codec: Codec, kind: str, parameter: str) -> bool:
    return RtcpFeedback(type=kind, parameter=parameter) in codec.feedback
