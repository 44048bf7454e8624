import pytest

from protocol import disconnects
from protocol.disconnects import Disconnect, Unsubscription


@pytest.mark.parametrize(
    ("code", "reconnect"),
    [
        (3000, True),
        (3499, True),
        (3500, False),
        (3999, False),
        (4000, True),
        (4499, True),
        (4500, False),
        (4999, False),
    ],
)
def test_the_code_says_whether_to_come_back(code: int, reconnect: bool) -> None:
    assert Disconnect(code, "why").reconnect is reconnect


@pytest.mark.parametrize("code", [1000, 2999, 5000])
def test_a_code_outside_the_protocol_is_refused(code: int) -> None:
    with pytest.raises(ValueError, match="code"):
        Disconnect(code, "why")


def test_a_reason_fits_a_close_frame() -> None:
    assert Disconnect(3000, "é" * 61).reason
    with pytest.raises(ValueError, match="reason"):
        Disconnect(3000, "é" * 62)


def test_an_unsubscription_from_2500_on_is_not_final() -> None:
    assert not disconnects.UNSUBSCRIBED.resubscribe
    assert disconnects.INSUFFICIENT_STATE.resubscribe
    assert not Unsubscription(2499, "").resubscribe


def test_the_words_of_the_protocol() -> None:
    codes = {
        disconnects.SHUTDOWN: (3001, True),
        disconnects.EXPIRED: (3005, True),
        disconnects.SLOW: (3008, True),
        disconnects.NO_PONG: (3012, True),
        disconnects.INVALID_TOKEN: (3500, False),
        disconnects.BAD_REQUEST: (3501, False),
        disconnects.STALE: (3502, False),
        disconnects.FORCED: (3503, False),
    }
    assert {why: (why.code, why.reconnect) for why in codes} == codes
