"""The state machine of a connection, without a socket, a loop or a clock."""

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.authorizer import Identity
from hub.connection import STEPS, Close, Connection, Event, Run, Send, State, Step
from hub.errors import IllegalStep
from hub.limits import Limits
from protocol import disconnects
from protocol.envelope import Command

LIMITS = Limits(burst=20, rate=1.0, pending=4, batch=30)


def opened(now: float = 0.0, limits: Limits = LIMITS) -> Connection:
    return Connection("c", limits=limits, now=now)


def connected(
    now: float = 0.0, *, left: float = float("inf"), limits: Limits = LIMITS
) -> Connection:
    connection = opened(now, limits)
    ask(connection, connect={}, now=now)
    assert connection.accept(left=left, now=now, spread=0.0) == []
    return connection


def line(number: int = 1, /, **command: Any) -> str:
    return json.dumps({"id": number, **command} if number else command)


def ask(connection: Connection, number: int = 1, *, now: float = 0.0, **command: Any) -> list[Step]:
    return connection.receive(line(number, **command), now)


def codes(steps: list[Step]) -> list[int]:
    """Error codes that were sent, and disconnect codes."""
    return [
        step.why.code if isinstance(step, Close) else json.loads(step.payload)["error"]["code"]
        for step in steps
        if isinstance(step, Send | Close)
    ]


def codes_of(steps: list[Step]) -> list[int]:
    """Each reply's error code, 0 for none."""
    replies = [json.loads(step.payload) for step in steps if isinstance(step, Send)]
    return [reply.get("error", {"code": 0})["code"] for reply in replies]


def methods(steps: list[Step]) -> list[str]:
    return [step.command.method for step in steps if isinstance(step, Run)]


def test_first_comes_connect() -> None:
    connection = opened()
    steps = ask(connection, connect={"token": "t"})
    assert steps == [Run(Command(id=1, method="connect", params={"token": "t"}))]
    assert connection.state is State.CONNECTING


@pytest.mark.parametrize(
    "text",
    [
        line(rpc={}),
        line(subscribe={"channel": "x"}),
        line(0, connect={}),
        "{}",
        line(ping={}),
        "nonsense",
        line(what={}),
    ],
)
def test_anything_else_ends_it(text: str) -> None:
    connection = opened()
    assert connection.receive(text, 0.0) == [Close(disconnects.BAD_REQUEST)]
    assert connection.ended
    assert connection.receive(text, 0.0) == []


def test_a_second_connect_ends_it() -> None:
    assert ask(connected(), connect={}) == [Close(disconnects.BAD_REQUEST)]
    waiting = opened()
    ask(waiting, connect={})
    assert ask(waiting, connect={}) == [Close(disconnects.BAD_REQUEST)]


def test_what_follows_connect_waits_for_its_answer() -> None:
    connection = opened()
    text = "\n".join(
        [line(1, connect={}), line(2, subscribe={"channel": "a"}), line(3, rpc={"method": "m"})]
    )
    assert methods(connection.receive(text, 0.0)) == ["connect"]
    assert connection.pending == 2
    assert methods(connection.accept(left=1.0, now=0.0, spread=0.0)) == ["subscribe", "rpc"]
    assert connection.accepted


def test_what_follows_a_refused_connect_is_dropped() -> None:
    connection = opened()
    connection.receive(line(1, connect={}) + "\n" + line(2, subscribe={"channel": "a"}), 0.0)
    connection.identity = Identity(client="c", user="someone")
    connection.refuse()
    assert (connection.state, connection.pending) == (State.OPENED, 0)
    assert connection.identity == Identity(client="c")
    assert methods(ask(connection, connect={})) == ["connect"]


def test_too_much_behind_connect_ends_it() -> None:
    connection = opened()
    text = "\n".join([line(1, connect={}), *(line(n, ping={}) for n in range(2, 7))])
    assert codes(connection.receive(text, 0.0)) == [3013]


@pytest.mark.parametrize(
    ("letters", "size", "tokens"),
    [("x", 1024, 1), ("x", 1025, 2), ("x", 10_240, 10), ("x", 10_241, 11), ("語", 3073, 4)],
)
def test_a_message_costs_a_token_for_each_kib_begun(letters: str, size: int, tokens: int) -> None:
    limits = Limits(burst=20 + tokens, rate=0.0)
    connection = connected(limits=limits)  # the connect took one
    frame = json.dumps({"id": 2, "ping": {"x": ""}})
    room, unit = size - len(frame), len(letters.encode())
    filling = letters * (room // unit) + "x" * (room % unit)
    frame = json.dumps({"id": 2, "ping": {"x": filling}}, ensure_ascii=False)
    assert len(frame.encode()) == size
    assert codes_of(connection.receive(frame, 0.0)) == [0]
    pings = [codes_of(ask(connection, 3, ping={})) for _ in range(20)]
    assert pings == [[0]] * 19 + [[111]]


def test_what_is_too_long_to_pay_for_is_refused_whole() -> None:
    connection = connected()
    long = "\n".join([line(2, ping={}), line(3, rpc={"method": "m", "data": "x" * 30_000})])
    assert codes(connection.receive(long, 0.0)) == [111, 111]
    assert codes_of(ask(connection, 4, ping={})) == [0]


def test_one_lane_is_in_order_and_lanes_are_apart() -> None:
    connection = connected()
    a, b = {"channel": "a"}, {"channel": "b"}
    first = ask(connection, 1, subscribe=a)
    assert methods(first) == ["subscribe"]
    assert ask(connection, 2, unsubscribe=a) == []
    assert methods(ask(connection, 3, subscribe=b)) == ["subscribe"]
    assert methods(ask(connection, 4, rpc={"method": "m"})) == ["rpc"]
    assert connection.pending == 4
    [run] = first
    assert isinstance(run, Run)
    following = connection.finish(run.command)
    assert methods(following) == ["unsubscribe"]
    [run] = following
    assert isinstance(run, Run)
    assert connection.finish(run.command) == []
    assert methods(ask(connection, 5, subscribe=a)) == ["subscribe"]


def test_what_is_begun_is_bounded() -> None:
    connection = connected()
    answers = [ask(connection, n, rpc={"method": "m"}) for n in range(1, 6)]
    assert [codes(answer) for answer in answers] == [[], [], [], [], [111]]


def test_commands_that_need_nobody_are_answered_at_once() -> None:
    connection = connected()
    assert ask(connection, 2, ping={}) == [Send(b'{"id":2,"ping":{}}')]
    assert ask(connection, 0, send={"data": 1}) == []
    assert ask(connection, 3, send={"data": 1}) == []
    assert codes(ask(connection, 4, sub_refresh={})) == [108]
    assert codes(ask(connection, 5, teleport={})) == [104]
    assert codes(ask(connection, 0, rpc={})) == [3501]


def test_a_hasty_client_is_told_and_a_stubborn_one_is_ended() -> None:
    connection = connected()
    answers = [ask(connection, n, ping={}) for n in range(1, 41)]
    assert [codes(answer) for answer in answers[19:]] == [[111]] * 20 + [[3013]][:1]


def test_a_hasty_client_may_go_on_later() -> None:
    connection = connected()
    for n in range(1, 30):
        ask(connection, n, ping={})
    assert codes(ask(connection, 31, ping={})) == [111]
    assert ask(connection, 32, ping={}, now=60.0) == [Send(b'{"id":32,"ping":{}}')]


def test_frames_count_too() -> None:
    connection = connected()
    ended = [connection.count(0.0) for _ in range(60)]
    assert ended[38:40] == [[], [Close(disconnects.TOO_MANY_REQUESTS)]]
    opening = opened()
    for _ in range(20):
        assert opening.count(0.0) == []
    assert opening.count(0.0) == [Close(disconnects.TOO_MANY_REQUESTS)]


def test_too_many_commands_in_a_frame_end_it() -> None:
    assert codes(connected().receive("\n".join([line(ping={})] * 31), 0.0)) == [3501]


def test_a_frame_stops_where_the_connection_ends() -> None:
    connection = connected()
    text = "\n".join([line(1, ping={}), line(0, rpc={}), line(2, ping={})])
    assert codes(connection.receive(text, 0.0)[1:]) == [3501]


# Time


def test_it_has_so_long_to_connect() -> None:
    connection = opened(now=100.0)
    assert connection.deadline == 115.0
    assert connection.tick(114.9) == []
    assert connection.tick(115.0) == [Close(disconnects.STALE)]
    waiting = opened(now=100.0)
    ask(waiting, connect={}, now=100.0)
    assert waiting.tick(115.0) == [Close(disconnects.STALE)]


def test_pings_go_out_and_pongs_are_waited_for() -> None:
    connection = connected(now=0.0)
    assert connection.deadline == 25.0
    assert connection.tick(25.0) == [Send(b"{}")]
    assert connection.deadline == 35.0
    assert ask(connection, 0, now=26.0) == []
    assert connection.deadline == 50.0
    assert connection.tick(50.0) == [Send(b"{}")]
    assert connection.tick(60.0) == [Close(disconnects.NO_PONG)]
    assert connection.tick(70.0) == []


@given(st.floats(0, 1))
def test_the_first_ping_is_drawn_nearer_never_farther(spread: float) -> None:
    connection = opened()
    ask(connection, connect={})
    connection.accept(left=1e9, now=0.0, spread=spread)
    assert 12.5 <= connection.deadline <= 25.0


def test_a_token_ends_and_has_some_grace() -> None:
    connection = connected(left=10.0)
    connection.tick(25.0)
    ask(connection, 0, now=26.0)
    assert connection.deadline == 35.0
    assert connection.tick(35.0) == [Close(disconnects.EXPIRED)]


def test_a_new_token_renews() -> None:
    connection = connected(left=10.0)
    connection.renew(Identity(client="c", user="u"), left=1000.0, now=20.0)
    connection.tick(25.0)
    ask(connection, 0, now=26.0)
    assert connection.deadline == 50.0
    assert connection.identity.user == "u"


# The table


def test_every_step_that_is_not_in_the_table_is_illegal() -> None:
    for state, event in product(State, Event):
        connection = opened()
        connection.state = state
        if (state, event) not in STEPS:
            with pytest.raises(IllegalStep):
                connection._step(event)


def test_who_does_not_connect_is_neither_accepted_nor_refused() -> None:
    with pytest.raises(IllegalStep):
        opened().accept(left=1.0, now=0.0, spread=0.0)
    with pytest.raises(IllegalStep):
        connected().refuse()


def test_an_end_comes_once() -> None:
    connection = connected()
    assert connection.end(disconnects.FORCED) == [Close(disconnects.FORCED)]
    assert connection.end(disconnects.FORCED) == []
    connection.lost()
    assert connection.finish(Command(method="rpc", params={})) == []


@given(
    st.lists(
        st.text(max_size=40) | st.sampled_from([line(connect={}), line(rpc={}), "{}"]), max_size=12
    )
)
def test_whatever_comes_leads_to_a_known_state(texts: list[str]) -> None:
    connection = opened()
    for text in texts:
        steps = connection.receive(text, 0.0)
        assert (
            connection.ended == any(isinstance(step, Close) for step in steps) or connection.ended
        )
        assert sum(isinstance(step, Close) for step in steps) <= 1
