from media.sequencer import HISTORY, MAX_RESENDS, Sent, Sequencer


def sent(number: int) -> Sent:
    return Sent(number, b"packet", 0, 6, 0)


def test_what_was_sent_is_found_and_what_was_not_is_not() -> None:
    made = Sequencer(first=1)
    made.add(sent(5))
    found = made.find(5, 1.0, 0.1)
    assert found is not None
    assert found.sequence == 5
    assert made.find(6, 1.0, 0.1) is None
    assert made.find(5 + HISTORY, 1.0, 0.1) is None


def test_the_oldest_makes_room() -> None:
    made = Sequencer(first=1, size=4)
    for number in range(65_533, 65_538):
        made.add(sent(number & 0xFFFF))
    assert made.find(65_533, 1.0, 0.1) is None
    assert made.find(65_534, 1.0, 0.1) is not None
    assert made.find(1, 1.0, 0.1) is not None


def test_a_packet_is_sent_again_a_few_times_and_not_within_a_round_trip() -> None:
    made = Sequencer(first=1)
    made.add(sent(5))
    assert made.find(5, 1.0, 0.1) is not None
    assert made.find(5, 1.05, 0.1) is None
    assert made.find(5, 1.01, 0.0) is None  # not even on a short path
    assert all(made.find(5, 2.0 + index, 0.1) for index in range(MAX_RESENDS - 1))
    assert made.find(5, 9.0, 0.1) is None


def test_retransmissions_are_numbered_by_themselves() -> None:
    made = Sequencer(first=65_535)
    assert [made.next(), made.next()] == [65_535, 0]
