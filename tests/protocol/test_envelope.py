import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import envelope
from protocol.codec import encode
from protocol.disconnects import UNSUBSCRIBED
from protocol.envelope import (
    METHODS,
    PONG,
    UNKNOWN,
    ClientInfo,
    Command,
    ErrorReply,
    Malformed,
    Publication,
    StreamPosition,
)

WHO = ClientInfo(user="u", client="c")


def commands(*values: Any) -> list[Command]:
    return envelope.decode_commands("\n".join(map(json.dumps, values)), most=10)


def test_a_frame_holds_commands_parted_by_line_feeds() -> None:
    assert commands({"id": 1, "connect": {}}, {}, {"id": 2, "rpc": {"method": "x"}}) == [
        Command(id=1, method="connect", params={}),
        Command(method=PONG, params={}),
        Command(id=2, method="rpc", params={"method": "x"}),
    ]


@pytest.mark.parametrize("method", METHODS)
def test_each_method_is_known(method: str) -> None:
    assert commands({"id": 7, method: None}) == [Command(id=7, method=method, params={})]


def test_a_method_that_is_not_ours_has_no_name() -> None:
    assert commands({"id": 1, "teleport": {}})[0].method == UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "1",
        '"x"',
        "{}\n\n{}",
        '{"id": -1, "rpc": {}}',
        '{"id": 4294967296, "rpc": {}}',
        '{"id": true, "rpc": {}}',
        '{"id": "1", "rpc": {}}',
        '{"id": 1, "rpc": []}',
        '{"id": 1, "rpc": {}, "publish": {}}',
        "\n".join(["{}"] * 11),
    ],
)
def test_what_is_not_of_the_protocol_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        envelope.decode_commands(text, most=10)


@given(st.text())
def test_any_text_is_commands_or_malformed(text: str) -> None:
    try:
        found = envelope.decode_commands(text, most=10)
    except Malformed:
        return
    assert all(command.method in (*METHODS, PONG, UNKNOWN) for command in found)


def test_parameters_are_read_or_malformed() -> None:
    assert envelope.text_of({"a": "b"}, "a") == "b"
    assert envelope.text_of({}, "a") == ""
    assert envelope.number_of({"a": 3}, "a") == 3
    assert envelope.number_of({"a": None}, "a") == 0
    texts: tuple[Any, ...] = (1, [], {})
    for bad in texts:
        with pytest.raises(Malformed):
            envelope.text_of({"a": bad}, "a")
    for bad in ("1", 1.5, True, -2, 2**64):
        with pytest.raises(Malformed):
            envelope.number_of({"a": bad}, "a")


def test_positions_are_read() -> None:
    at = StreamPosition(offset=3, epoch="e")
    fields = {"offset": 3, "epoch": "e"}
    assert envelope.recover_from({"recover": True, **fields}) == at
    assert envelope.recover_from({"recover": 1, **fields}) is None
    assert envelope.recover_from(fields) is None
    assert envelope.recover_from({"recover": True}) == StreamPosition(offset=0, epoch="")
    assert envelope.since_of({"since": fields}) == at
    assert envelope.since_of({}) is None
    with pytest.raises(Malformed):
        envelope.since_of({"since": [1]})


def test_replies_and_pushes() -> None:
    pub = Publication(data=b'{"a":1}', offset=4, info=WHO)
    body = {"data": {"a": 1}, "offset": 4, "info": {"user": "u", "client": "c"}}
    written = {
        envelope.reply(1, "rpc", {"data": 1}): {"id": 1, "rpc": {"data": 1}},
        envelope.error_reply(2, ErrorReply(code=103, message="no")): {
            "id": 2,
            "error": {"code": 103, "message": "no"},
        },
        envelope.error_reply(3, ErrorReply(code=100, message="oops", temporary=True)): {
            "id": 3,
            "error": {"code": 100, "message": "oops", "temporary": True},
        },
        envelope.publication_push("x", pub): {"push": {"channel": "x", "pub": body}},
        envelope.publication_push("x", Publication(data=b"1")): {
            "push": {"channel": "x", "pub": {"data": 1}}
        },
        envelope.join_push("x", WHO): {
            "push": {"channel": "x", "join": {"info": {"user": "u", "client": "c"}}}
        },
        envelope.leave_push("x", WHO): {
            "push": {"channel": "x", "leave": {"info": {"user": "u", "client": "c"}}}
        },
        envelope.unsubscribe_push("x", UNSUBSCRIBED): {
            "push": {
                "channel": "x",
                "unsubscribe": {"code": 2000, "reason": "server unsubscribe"},
            }
        },
    }
    assert {text: json.loads(text) for text in written} == written
    assert [json.loads(json.dumps(body))] == json.loads(encode(envelope.publications([pub])))
