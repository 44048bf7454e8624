"""The ORTC objects that mediasoup-client speaks, as typed models: read from a browser's JSON, written for it.

`X.read(value)` checks a plain JSON value (types, ranges, sizes) and raises `InvalidCallParameters`, which names the
place (`encodings[0].ssrc`). Unknown keys are ignored: newer clients send more. `x.wire()` is the plain JSON value.
The words are those of mediasoup's documentation ("RTP Parameters and Capabilities"); RFC 8843, 5285, 4588 beneath.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from protocol import shapes
from protocol.shapes import InvalidCallParameters

Kind = Literal["audio", "video"]
Role = Literal["auto", "client", "server"]

MAX_MID = 16
"""Bytes: what a one-byte header extension can carry (RFC 5285, 4.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RtcpFeedback:
    """One kind of feedback: nack; nack pli; ccm fir; goog-remb."""

    type: str
    parameter: str = ""

    @classmethod
    def read(cls, value: object, where: str = "rtcpFeedback") -> "RtcpFeedback":
        """From JSON."""
        got = shapes.mapping(value, where)
        return cls(
            type=shapes.text(got.get("type"), f"{where}.type"),
            parameter=shapes.text(got.get("parameter") or "", f"{where}.parameter", least=0),
        )

    def wire(self) -> dict[str, Any]:
        """As JSON."""
        return {"type": self.type, "parameter": self.parameter}


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """A codec, in capabilities (where its payload type is preferred) or in parameters (where it holds)."""

    mime_type: str
    payload_type: int
    clock_rate: int
    channels: int | None = None
    parameters: Mapping[str, shapes.Scalar] = field(default_factory=dict)
    feedback: tuple[RtcpFeedback, ...] = ()

    @property
    def kind(self) -> Kind:
        """audio or video."""
        return cast("Kind", self.mime_type.partition("/")[0].lower())

    @property
    def is_rtx(self) -> bool:
        """Carries retransmissions of another one (RFC 4588)."""
        return self.mime_type.lower().endswith("/rtx")

    @property
    def apt(self) -> int | None:
        """For rtx: the payload type whose packets it repeats."""
        apt = self.parameters.get("apt")
        return apt if isinstance(apt, int) else None

    def matches(self, other: "Codec") -> bool:
        """The same encoding, whatever its payload type."""
        return (
            self.mime_type.lower() == other.mime_type.lower()
            and self.clock_rate == other.clock_rate
            and (self.channels or 1) == (other.channels or 1)
        )

    @classmethod
    def read(cls, value: object, where: str = "codec", *, type_key: str = "payloadType") -> "Codec":
        """From JSON; `type_key` is `preferredPayloadType` in capabilities."""
        got = shapes.mapping(value, where)
        mime = shapes.text(got.get("mimeType"), f"{where}.mimeType")
        if mime.partition("/")[0].lower() not in ("audio", "video") or mime.endswith("/"):
            raise InvalidCallParameters(f"{where}.mimeType is neither audio nor video")
        channels = got.get("channels")
        return cls(
            mime_type=mime,
            payload_type=shapes.number(got.get(type_key), f"{where}.{type_key}", 0, 127),
            clock_rate=shapes.number(got.get("clockRate"), f"{where}.clockRate", 1, 1_000_000),
            channels=None
            if channels is None
            else shapes.number(channels, f"{where}.channels", 1, 64),
            parameters=shapes.scalars(got.get("parameters"), f"{where}.parameters"),
            feedback=shapes.listed(
                got.get("rtcpFeedback"), f"{where}.rtcpFeedback", RtcpFeedback.read
            ),
        )

    def wire(self) -> dict[str, Any]:
        """As JSON, in parameters."""
        wire: dict[str, Any] = {
            "mimeType": self.mime_type,
            "payloadType": self.payload_type,
            "clockRate": self.clock_rate,
            "parameters": dict(self.parameters),
            "rtcpFeedback": [item.wire() for item in self.feedback],
        }
        if self.channels is not None:
            wire["channels"] = self.channels
        return wire

    def wire_capability(self) -> dict[str, Any]:
        """As JSON, in capabilities."""
        wire = self.wire()
        return {"kind": self.kind, "preferredPayloadType": wire.pop("payloadType"), **wire}


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderExtension:
    """An RTP header extension and its id. `kind` is known in capabilities only."""

    uri: str
    id: int
    kind: Kind | None = None
    direction: str = "sendrecv"

    @classmethod
    def read(cls, value: object, where: str = "headerExtension") -> "HeaderExtension":
        """From JSON, in parameters."""
        got = shapes.mapping(value, where)
        if got.get("encrypt"):
            raise InvalidCallParameters(f"{where}.encrypt is not supported")
        return cls(
            uri=shapes.text(got.get("uri"), f"{where}.uri"),
            id=shapes.number(got.get("id"), f"{where}.id", 1, 255),
        )

    @classmethod
    def read_capability(cls, value: object, where: str = "headerExtension") -> "HeaderExtension":
        """From JSON, in capabilities."""
        got = shapes.mapping(value, where)
        return cls(
            uri=shapes.text(got.get("uri"), f"{where}.uri"),
            id=shapes.number(got.get("preferredId"), f"{where}.preferredId", 1, 255),
            kind=read_kind(got.get("kind"), f"{where}.kind"),
            direction=shapes.text(got.get("direction") or "sendrecv", f"{where}.direction"),
        )

    def wire(self) -> dict[str, Any]:
        """As JSON, in parameters."""
        return {"uri": self.uri, "id": self.id, "encrypt": False, "parameters": {}}

    def wire_capability(self) -> dict[str, Any]:
        """As JSON, in capabilities."""
        return {
            "kind": self.kind,
            "uri": self.uri,
            "preferredId": self.id,
            "preferredEncrypt": False,
            "direction": self.direction,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """One stream of a track: by its SSRC, or by its `rid` where the SSRC is learned from the packets."""

    ssrc: int | None = None
    rtx_ssrc: int | None = None
    rid: str | None = None

    @classmethod
    def read(cls, value: object, where: str = "encoding") -> "Encoding":
        """From JSON."""
        got = shapes.mapping(value, where)
        ssrc, rtx, rid = got.get("ssrc"), got.get("rtx"), got.get("rid")
        return cls(
            ssrc=None if ssrc is None else shapes.ssrc(ssrc, f"{where}.ssrc"),
            rtx_ssrc=None
            if rtx is None
            else shapes.ssrc(shapes.mapping(rtx, f"{where}.rtx").get("ssrc"), f"{where}.rtx.ssrc"),
            rid=None if rid is None else shapes.text(rid, f"{where}.rid", most=16),
        )

    def wire(self) -> dict[str, Any]:
        """As JSON."""
        wire: dict[str, Any] = {}
        if self.ssrc is not None:
            wire["ssrc"] = self.ssrc
        if self.rtx_ssrc is not None:
            wire["rtx"] = {"ssrc": self.rtx_ssrc}
        if self.rid is not None:
            wire["rid"] = self.rid
        return wire


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpParameters:
    """How one track is sent: codecs (media first, then its rtx), extensions, streams, names.

    `stream` is the id of the MediaStream that ties a participant's tracks together (the first word of `msid`).
    """

    codecs: tuple[Codec, ...]
    extensions: tuple[HeaderExtension, ...] = ()
    encodings: tuple[Encoding, ...] = ()
    mid: str | None = None
    cname: str = ""
    stream: str = ""

    @classmethod
    def read(cls, value: object, where: str = "rtpParameters") -> "RtpParameters":
        """From JSON."""
        got = shapes.mapping(value, where)
        mid, rtcp = got.get("mid"), shapes.mapping(got.get("rtcp") or {}, f"{where}.rtcp")
        return cls(
            codecs=shapes.listed(got.get("codecs"), f"{where}.codecs", Codec.read, least=1),
            extensions=shapes.listed(
                got.get("headerExtensions"), f"{where}.headerExtensions", HeaderExtension.read
            ),
            encodings=shapes.listed(got.get("encodings"), f"{where}.encodings", Encoding.read),
            mid=None if mid is None else shapes.text(mid, f"{where}.mid", most=MAX_MID),
            cname=shapes.text(rtcp.get("cname") or "", f"{where}.rtcp.cname", least=0),
            stream=shapes.text(got.get("msid") or "", f"{where}.msid", least=0).partition(" ")[0],
        )

    def wire(self) -> dict[str, Any]:
        """As JSON."""
        wire: dict[str, Any] = {
            "codecs": [codec.wire() for codec in self.codecs],
            "headerExtensions": [extension.wire() for extension in self.extensions],
            "encodings": [encoding.wire() for encoding in self.encodings],
            "rtcp": {"cname": self.cname, "reducedSize": True, "mux": True},
        }
        if self.mid is not None:
            wire["mid"] = self.mid
        if self.stream:
            wire["msid"] = f"{self.stream} -"
        return wire


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpCapabilities:
    """What a router, or a browser's end of one, can receive."""

    codecs: tuple[Codec, ...]
    extensions: tuple[HeaderExtension, ...] = ()

    @classmethod
    def read(cls, value: object, where: str = "rtpCapabilities") -> "RtpCapabilities":
        """From JSON."""
        got = shapes.mapping(value, where)
        return cls(
            codecs=shapes.listed(got.get("codecs"), f"{where}.codecs", _read_codec_capability),
            extensions=shapes.listed(
                got.get("headerExtensions"),
                f"{where}.headerExtensions",
                HeaderExtension.read_capability,
            ),
        )

    def wire(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "codecs": [codec.wire_capability() for codec in self.codecs],
            "headerExtensions": [extension.wire_capability() for extension in self.extensions],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """A certificate's digest: `sha-256` and colon-separated hexadecimal."""

    algorithm: str
    value: str

    @classmethod
    def read(cls, value: object, where: str = "fingerprint") -> "Fingerprint":
        """From JSON."""
        got = shapes.mapping(value, where)
        return cls(
            algorithm=shapes.text(got.get("algorithm"), f"{where}.algorithm", most=16).lower(),
            value=shapes.text(got.get("value"), f"{where}.value"),
        )

    def wire(self) -> dict[str, Any]:
        """As JSON."""
        return {"algorithm": self.algorithm, "value": self.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class DtlsParameters:
    """Who calls whom, and the certificates' digests."""

    role: Role
    fingerprints: tuple[Fingerprint, ...]

    @classmethod
    def read(cls, value: object, where: str = "dtlsParameters") -> "DtlsParameters":
        """From JSON."""
        got = shapes.mapping(value, where)
        role = got.get("role") or "auto"
        if role not in ("auto", "client", "server"):
            raise InvalidCallParameters(f"{where}.role is not a DTLS role")
        return cls(
            role=cast("Role", role),
            fingerprints=shapes.listed(
                got.get("fingerprints"), f"{where}.fingerprints", Fingerprint.read, least=1
            ),
        )

    def wire(self) -> dict[str, Any]:
        """As JSON."""
        return {"role": self.role, "fingerprints": [item.wire() for item in self.fingerprints]}


@dataclass(frozen=True, slots=True, kw_only=True)
class IceParameters:
    """The credentials of an ICE-lite end (RFC 8445, 2.5). Never logged: `repr` leaves the password out."""

    username_fragment: str
    password: str = field(repr=False)

    def wire(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "usernameFragment": self.username_fragment,
            "password": self.password,
            "iceLite": True,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class IceCandidate:
    """An address the server can be reached at, over UDP."""

    foundation: str
    priority: int
    address: str
    port: int

    def wire(self) -> dict[str, Any]:
        """As JSON; `ip` is what older clients read."""
        return {
            "foundation": self.foundation,
            "priority": self.priority,
            "address": self.address,
            "ip": self.address,
            "protocol": "udp",
            "port": self.port,
            "type": "host",
        }


def read_kind(value: object, where: str = "kind") -> Kind:
    """Audio or video."""
    if value == "audio" or value == "video":
        return value
    raise InvalidCallParameters(f"{where} is neither audio nor video")


def _read_codec_capability(value: object, where: str) -> Codec:
    return Codec.read(value, where, type_key="preferredPayloadType")
