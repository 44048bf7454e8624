import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.reception import MAX_DROPOUT, REFUSED, WINDOW, Reception


def reception() -> Reception:
    return Reception(clock_rate=90_000)


def arrive(made: Reception, *numbers: int) -> list[int]:
    return [made.arrive(number & 0xFFFF, number * 90, number / 1000) for number in numbers]


def test_numbers_are_extended_through_the_wrap() -> None:
    assert arrive(reception(), 65_534, 65_535, 0, 65_535 - 2, 1) == [
        65_534,
        65_535,
        65_536,
        65_533,
        65_537,
    ]


def test_duplicates_and_what_is_too_late_are_refused() -> None:
    made = reception()
    assert arrive(made, 5000, 5000, 5001, 5000) == [5000, REFUSED, 5001, REFUSED]
    assert arrive(made, 5001 + WINDOW, 5001 + 1, 5001) == [5001 + WINDOW, 5002, REFUSED]
    assert made.received == 4


def test_what_came_before_the_very_first_is_refused_below_zero() -> None:
    assert arrive(reception(), 3, 65_535) == [3, REFUSED]


def test_a_leap_is_believed_at_the_second_packet() -> None:
    made = reception()
    arrive(made, 10, 11)
    assert arrive(made, 11 + MAX_DROPOUT, 12) == [REFUSED, 12]
    assert arrive(made, 30_000, 30_001, 30_002) == [REFUSED, 30_001, 30_002]
    assert made.lost == 0
    assert arrive(made, 100, 101) == [
        REFUSED,
        65_536 + 101,
    ]  # backwards is ahead, as numbers only grow


def test_repairs_are_told_from_packets_that_came_by_themselves() -> None:
    made = reception()
    assert made.repair(5) == REFUSED  # nothing came yet
    arrive(made, 10, 13)
    assert [made.repair(number) for number in (11, 11, 13, 14, 13 - WINDOW)] == [
        11,
        REFUSED,
        REFUSED,
        REFUSED,
        REFUSED,
    ]
    assert (made.expected, made.received, made.lost) == (4, 2, 2)


def test_a_report_counts_an_interval() -> None:
    made = reception()
    assert (made.expected, made.report(1, 0.0).fraction) == (0, 0)
    arrive(made, *range(100, 110))
    first = made.report(7, 1.0)
    assert (first.ssrc, first.fraction, first.lost, first.highest) == (7, 0, 0, 109)
    arrive(made, *range(115, 120))
    second = made.report(7, 2.0)
    assert (second.fraction, second.lost, second.highest) == (128, 5, 119)
    assert (second.last_report, second.delay) == (0, 0)
    assert made.report(7, 3.0).fraction == 0


def test_a_report_answers_the_senders() -> None:
    made = reception()
    arrive(made, 1)
    made.sender_report(0x1122_3344_5566_7788, 10.0)
    block = made.report(1, 10.5)
    assert (block.last_report, block.delay) == (0x3344_5566, 32768)


def test_loss_is_clamped_to_its_24_bits() -> None:
    made = reception()
    arrive(made, 1)
    made.received = 0x900_0000
    assert made.report(1, 0.0).lost == -0x800000


def test_jitter_is_that_of_the_rfc() -> None:
    made = reception()
    made.arrive(1, 0, 0.0)
    made.arrive(2, 900, 0.010)
    assert made.jitter == 0
    made.arrive(3, 1800, 0.030)  # 10 ms late: 900 units
    assert made.jitter == pytest.approx(900 / 16)
    made.arrive(4, 2700, 0.030)  # 10 ms early
    assert made.jitter == pytest.approx(900 / 16 + (900 - 900 / 16) / 16)


@given(st.lists(st.integers(0, 400), max_size=400), st.integers(0, 65_535))
def test_each_packet_is_taken_once_and_has_its_number(order: list[int], start: int) -> None:
    made, taken = reception(), set()
    made.arrive(start, 0, 0.0)
    for number in order:
        extended = made.arrive((start + 1 + number) & 0xFFFF, 0, 0.0)
        if number in taken:
            assert extended == REFUSED
        else:
            taken.add(number)
            assert extended == start + 1 + number
    assert made.received == len(taken) + 1
