from typing import Any

import pytest

from media.capabilities import ABS_SEND_TIME, AUDIO_LEVEL, MID, ROUTER, consumed, published
from media.errors import MediaRefused
from protocol.calls import Encoding, RtpCapabilities, RtpParameters

ENCODING = Encoding(ssrc=11, rtx_ssrc=12)


def opus(**changes: Any) -> dict[str, Any]:
    return {
        "mimeType": "audio/opus",
        "payloadType": 111,
        "clockRate": 48000,
        "channels": 2,
        **changes,
    }


def parameters(*codecs: dict[str, Any], **changes: Any) -> RtpParameters:
    return RtpParameters.read({"codecs": list(codecs), "encodings": [{"ssrc": 1}], **changes})


def test_the_routers_payload_types_and_ids_are_each_used_once() -> None:
    types = [codec.payload_type for codec in ROUTER.codecs]
    assert len(set(types)) == len(types)
    assert all(96 <= item < 127 for item in types)  # 127 is mediasoup-client's own probe
    by_id = {(item.id, item.uri) for item in ROUTER.extensions}
    assert len({number for number, _ in by_id}) == len(by_id)
    assert RtpCapabilities.read(ROUTER.wire()) == ROUTER


def test_a_publishers_own_numbers_are_kept() -> None:
    made = published(
        "audio",
        parameters(
            opus(), mid="a", headerExtensions=[{"uri": AUDIO_LEVEL, "id": 3}, {"uri": MID, "id": 4}]
        ),
    )
    assert (made.payload_type, made.ssrc, made.mid, made.audio_level_id, made.mid_id) == (
        111,
        1,
        "a",
        3,
        4,
    )
    assert (made.rtx_payload_type, made.rtx_ssrc, made.repairs, made.picture_loss) == (
        None,
        None,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("kind", "given", "slug"),
    [
        ("audio", {"codecs": [opus(channels=1)]}, "unsupported"),
        ("audio", {"codecs": [opus(mimeType="audio/PCMU")]}, "unsupported"),
        ("video", {"codecs": [opus()]}, "unsupported"),
        ("audio", {"codecs": [opus(mimeType="audio/rtx")]}, "unsupported"),
        ("audio", {"codecs": [opus()], "encodings": [{"rid": "a"}, {"rid": "b"}]}, "unsupported"),
        ("audio", {"codecs": [opus()], "encodings": []}, "invalid"),
    ],
)
def test_what_is_not_forwarded_is_refused(kind: Any, given: dict[str, Any], slug: str) -> None:
    with pytest.raises(MediaRefused) as refused:
        published(kind, RtpParameters.read({"encodings": [{"ssrc": 1}], **given}))
    assert refused.value.slug == slug


def test_a_subscriber_gets_the_routers_numbers() -> None:
    made = consumed("video", ROUTER, mid="7", encoding=ENCODING, cname="name")
    assert [codec.payload_type for codec in made.codecs] == [101, 102]
    assert made.codecs[1].apt == 101
    assert made.encodings == (ENCODING,)
    assert {item.uri for item in made.extensions} == {MID, ABS_SEND_TIME}
    assert (made.mid, made.cname, made.stream) == ("7", "name", "name")
    sound = consumed("audio", ROUTER, mid="8", encoding=ENCODING, cname="name")
    assert sound.encodings == (Encoding(ssrc=11),)
    assert {item.uri for item in sound.extensions} == {MID, ABS_SEND_TIME, AUDIO_LEVEL}


def test_a_subscriber_gets_only_what_he_can() -> None:
    poor = RtpCapabilities(codecs=tuple(codec for codec in ROUTER.codecs if not codec.is_rtx))
    made = consumed("video", poor, mid="7", encoding=ENCODING, cname="name")
    assert [codec.payload_type for codec in made.codecs] == [101]
    assert (made.encodings, made.extensions) == ((Encoding(ssrc=11),), ())
    with pytest.raises(MediaRefused, match="unsupported"):
        consumed("audio", RtpCapabilities(codecs=()), mid="7", encoding=ENCODING, cname="name")
