import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.calls import (
    MAX_MID,
    Codec,
    DtlsParameters,
    Encoding,
    HeaderExtension,
    IceCandidate,
    IceParameters,
    RtpCapabilities,
    RtpParameters,
    read_kind,
)
from protocol.errors import BadRequest
from protocol.shapes import MAX_ITEMS, InvalidCallParameters

VP8 = {"mimeType": "video/VP8", "payloadType": 96, "clockRate": 90000}
RTX = {"mimeType": "video/rtx", "payloadType": 97, "clockRate": 90000, "parameters": {"apt": 96}}


def test_parameters_as_a_browser_gives_them() -> None:
    given_parameters = {
        "mid": "0",
        "codecs": [
            {
                **VP8,
                "parameters": {"x-google": 1.5, "a": "b"},
                "rtcpFeedback": [{"type": "nack", "parameter": "pli"}],
            },
            RTX,
        ],
        "headerExtensions": [{"uri": "urn:x", "id": 4, "encrypt": False, "parameters": {}}],
        "encodings": [{"ssrc": 1, "rtx": {"ssrc": 2}, "dtx": False, "maxBitrate": 5}],
        "rtcp": {"cname": "c", "reducedSize": True},
        "msid": "stream track",
        "later": "words",
    }
    made = RtpParameters.read(given_parameters)
    assert (made.mid, made.cname, made.stream) == ("0", "c", "stream")
    assert made.encodings == (Encoding(ssrc=1, rtx_ssrc=2),)
    assert made.codecs[0].kind == "video"
    assert (made.codecs[1].is_rtx, made.codecs[1].apt, made.codecs[0].apt) == (True, 96, None)
    assert RtpParameters.read(made.wire()) == made


def test_what_may_be_left_out() -> None:
    made = RtpParameters.read({"codecs": [VP8]})
    assert made == RtpParameters(codecs=(Codec.read(VP8),))
    assert RtpParameters.read(made.wire()) == made
    assert RtpCapabilities.read({}) == RtpCapabilities(codecs=())
    assert Encoding.read({"rid": "r0"}).wire() == {"rid": "r0"}


def test_capabilities_are_read_as_written() -> None:
    made = RtpCapabilities(
        codecs=(Codec(mime_type="audio/opus", payload_type=100, clock_rate=48000, channels=2),),
        extensions=(HeaderExtension(uri="urn:x", id=3, kind="audio", direction="recvonly"),),
    )
    assert RtpCapabilities.read(made.wire()) == made
    assert made.wire()["codecs"][0]["kind"] == "audio"


def test_dtls_parameters() -> None:
    given_parameters = {"fingerprints": [{"algorithm": "SHA-256", "value": "AB:CD"}]}
    made = DtlsParameters.read(given_parameters)
    assert (made.role, made.fingerprints[0].algorithm) == ("auto", "sha-256")
    assert DtlsParameters.read(made.wire()) == made


def test_ice_parameters_and_candidates_as_clients_read_them() -> None:
    parameters = IceParameters(username_fragment="user", password="secret")
    assert parameters.wire() == {"usernameFragment": "user", "password": "secret", "iceLite": True}
    assert "secret" not in repr(parameters)
    candidate = IceCandidate(foundation="f", priority=1, address="192.0.2.1", port=9).wire()
    assert (candidate["ip"], candidate["protocol"], candidate["type"]) == (
        "192.0.2.1",
        "udp",
        "host",
    )


def test_codecs_match_whatever_their_payload_types() -> None:
    ours = Codec(mime_type="audio/opus", payload_type=1, clock_rate=48000, channels=2)
    assert ours.matches(Codec(mime_type="audio/OPUS", payload_type=2, clock_rate=48000, channels=2))
    assert not ours.matches(Codec(mime_type="audio/opus", payload_type=1, clock_rate=48000))
    mono = Codec(mime_type="audio/PCMU", payload_type=0, clock_rate=8000)
    assert mono.matches(Codec(mime_type="audio/PCMU", payload_type=0, clock_rate=8000, channels=1))


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        (None, "rtpParameters is not an object"),
        ({}, "rtpParameters.codecs"),
        ({"codecs": "x"}, "rtpParameters.codecs"),
        ({"codecs": [VP8] * (MAX_ITEMS + 1)}, "rtpParameters.codecs"),
        ({"codecs": [None]}, "rtpParameters.codecs[0]"),
        ({"codecs": [{**VP8, "mimeType": "text/plain"}]}, "rtpParameters.codecs[0].mimeType"),
        ({"codecs": [{**VP8, "mimeType": "video/"}]}, "rtpParameters.codecs[0].mimeType"),
        ({"codecs": [{**VP8, "payloadType": 128}]}, "rtpParameters.codecs[0].payloadType"),
        ({"codecs": [{**VP8, "payloadType": True}]}, "rtpParameters.codecs[0].payloadType"),
        ({"codecs": [{**VP8, "clockRate": 0.5}]}, "rtpParameters.codecs[0].clockRate"),
        ({"codecs": [{**VP8, "channels": 0}]}, "rtpParameters.codecs[0].channels"),
        ({"codecs": [{**VP8, "parameters": {"a": []}}]}, "rtpParameters.codecs[0].parameters"),
        ({"codecs": [{**VP8, "parameters": {"a": "\n"}}]}, "rtpParameters.codecs[0].parameters"),
        (
            {"codecs": [{**VP8, "parameters": {str(i): 1 for i in range(99)}}]},
            "rtpParameters.codecs[0].parameters",
        ),
        (
            {"codecs": [{**VP8, "rtcpFeedback": [{}]}]},
            "rtpParameters.codecs[0].rtcpFeedback[0].type",
        ),
        ({"codecs": [VP8], "mid": "x" * (MAX_MID + 1)}, "rtpParameters.mid"),
        ({"codecs": [VP8], "rtcp": {"cname": 5}}, "rtpParameters.rtcp.cname"),
        ({"codecs": [VP8], "msid": 5}, "rtpParameters.msid"),
        ({"codecs": [VP8], "encodings": [{"ssrc": 0}]}, "rtpParameters.encodings[0].ssrc"),
        ({"codecs": [VP8], "encodings": [{"ssrc": 1 << 32}]}, "rtpParameters.encodings[0].ssrc"),
        ({"codecs": [VP8], "encodings": [{"rtx": {}}]}, "rtpParameters.encodings[0].rtx.ssrc"),
        ({"codecs": [VP8], "encodings": [{"rid": ""}]}, "rtpParameters.encodings[0].rid"),
        (
            {"codecs": [VP8], "headerExtensions": [{"uri": "x", "id": 0}]},
            "rtpParameters.headerExtensions[0].id",
        ),
        (
            {"codecs": [VP8], "headerExtensions": [{"uri": "x", "id": 1, "encrypt": True}]},
            "rtpParameters.headerExtensions[0].encrypt",
        ),
    ],
)
def test_a_refusal_names_the_place(wrong: Any, place: str) -> None:
    with pytest.raises(InvalidCallParameters) as refused:
        RtpParameters.read(wrong)
    assert refused.value.detail.startswith(place)
    assert isinstance(refused.value, BadRequest)


@pytest.mark.parametrize(
    "wrong",
    [
        {"fingerprints": []},
        {"role": "boss", "fingerprints": [{"algorithm": "sha-256", "value": "AA"}]},
        {"fingerprints": [{"algorithm": "sha-256"}]},
        {"fingerprints": [{"algorithm": "sha-256", "value": "A" * 257}]},
    ],
)
def test_wrong_dtls_parameters_are_refused(wrong: Any) -> None:
    with pytest.raises(InvalidCallParameters):
        DtlsParameters.read(wrong)


def test_wrong_capabilities_and_kinds_are_refused() -> None:
    with pytest.raises(InvalidCallParameters, match="kind"):
        RtpCapabilities.read({"headerExtensions": [{"uri": "x", "preferredId": 1, "kind": "text"}]})
    with pytest.raises(InvalidCallParameters, match="preferredPayloadType"):
        RtpCapabilities.read({"codecs": [VP8]})
    assert read_kind("audio") == "audio"
    with pytest.raises(InvalidCallParameters):
        read_kind(None)


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "codecs",
                    "mimeType",
                    "payloadType",
                    "clockRate",
                    "encodings",
                    "ssrc",
                    "rtcp",
                    "rtx",
                    "mid",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(json)
def test_any_json_is_read_or_refused(value: object) -> None:
    for model in (RtpParameters, RtpCapabilities, DtlsParameters):
        with contextlib.suppress(InvalidCallParameters):
            made = model.read(value)
            assert model.read(made.wire()) == made
