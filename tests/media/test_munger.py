import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from media.munger import MAX_GAP, MAX_RANGES, Munger


def munger(first: int = 100) -> Munger:
    return Munger(first=first, timestamp_offset=7)


def test_numbers_begin_where_told_and_go_on() -> None:
    made = munger()
    assert [made.forward(number) for number in (70000, 70001, 70003, 70002)] == [100, 101, 103, 102]
    assert made.timestamp(0xFFFFFFFF) == 6


def test_what_is_left_out_leaves_no_hole() -> None:
    made = munger()
    assert made.forward(10) == 100
    made.skip(12)
    made.skip(13)
    assert [made.forward(number) for number in (14, 11, 12, 13, 15)] == [102, 101, None, None, 103]


def test_a_late_probe_leaves_its_hole() -> None:
    made = munger()
    made.forward(10)
    assert made.forward(12) == 102
    made.skip(11)
    assert made.forward(13) == 103


def test_skipping_before_the_start_means_nothing() -> None:
    made = munger()
    made.skip(5)
    assert made.forward(4) == 100


def test_after_a_pause_numbers_go_on_and_older_packets_have_no_place() -> None:
    made = munger()
    made.forward(10)
    made.rebase()
    assert [made.forward(number) for number in (500, 499, 501)] == [101, None, 102]


def test_a_leap_is_a_restart_and_not_loss() -> None:
    made = munger()
    made.forward(10)
    assert made.forward(11 + MAX_GAP) == 101
    made.skip(100_000)
    assert made.forward(100_001) == 102


def test_what_is_older_than_the_memory_of_changes_is_dropped() -> None:
    made = munger()
    made.forward(0)
    for number in range(1, 2 * MAX_RANGES, 2):
        made.skip(number + 1)
    assert made.forward(1) is None
    assert made.forward(2 * MAX_RANGES - 1) is not None


def test_numbers_wrap() -> None:
    made = munger(first=0)
    assert [made.forward(number) for number in (0, 2000)] == [0, 2000]
    numbers = [made.forward(number) for number in range(2001, 70_000)]
    assert numbers[65_536 - 2001] == 0


class Reference:
    """What a munger means: the n-th packet that is not left out has the n-th number, in the order of the source."""

    def __init__(self) -> None:
        self.skipped: set[int] = set()

    def number(self, start: int, sequence: int) -> int:
        return sequence - start - sum(start <= item < sequence for item in self.skipped)


@given(
    start=st.integers(0, 70_000),
    fates=st.lists(st.sampled_from(["forward", "forward", "forward", "skip", "lose"]), max_size=60),
    delays=st.lists(st.integers(0, 4), min_size=60, max_size=60),
)
def test_against_the_reference_under_loss_reordering_and_omission(
    start: int, fates: list[str], delays: list[int]
) -> None:
    """Probes arrive in order (a late one leaves a hole by design); packets are delayed, lost and doubled."""
    made, reference = munger(), Reference()
    arrivals = sorted(
        (index + (delays[index] if fate == "forward" else 0), index)
        for index, fate in enumerate(fates)
    )
    arrivals = [item for item in arrivals if fates[item[1]] != "lose"]
    # in the order of arrival, a probe is only left out if nothing newer came before it
    assert made.forward(start) == 100
    highest, given_out = start, {100: start}
    for _, index in arrivals:
        sequence = start + 1 + index
        if fates[index] == "skip":
            if sequence > highest:
                reference.skipped.add(sequence)
            made.skip(sequence)
        else:
            expected = (100 + reference.number(start, sequence)) & 0xFFFF
            number = made.forward(sequence)
            assert number == expected
            assert number is not None
            assert (
                given_out.setdefault(number, sequence) == sequence
            )  # no two packets share a number
        highest = max(highest, sequence)


def test_a_late_packet_of_a_hole_keeps_its_number_after_a_pause() -> None:
    made = munger(first=1000)
    assert made.forward(14) == 1000
    made.skip(20)
    assert made.forward(17) == 1003
    made.rebase()
    assert [made.forward(number) for number in (100, 101)] == [1006, 1007]


@pytest.mark.parametrize("step", ["rebase", "leap"])
def test_a_hole_before_a_probe_is_not_filled_by_a_new_start(step: str) -> None:
    made = munger(first=1000)
    made.forward(14)
    made.skip(20)
    late = made.forward(18)
    if step == "rebase":
        made.rebase()
    after = made.forward(21 + MAX_GAP)
    assert late == 1004
    assert after == 1006


STEP = st.sampled_from(["forward", "forward", "forward", "skip", "rebase"])
NEAR = st.integers(-12, 8)
"""Packets behind or ahead of the newest: where loss, delay and doubling happen."""


@settings(max_examples=500)
@given(st.lists(st.tuples(STEP, NEAR | st.just(MAX_GAP + 1)), max_size=40))
@example([("forward", 1), ("skip", 6), ("forward", -3), ("rebase", 0), *[("forward", 1)] * 4])
@example([("forward", 1), ("skip", 6), ("forward", -3), ("forward", MAX_GAP + 1), ("forward", 1)])
def test_no_two_packets_ever_share_a_number(steps: list[tuple[str, int]]) -> None:
    """Under GCM that would reveal both (the numbers here do not wrap)."""
    made = munger(first=0)
    given_out: set[int] = set()
    seen: set[int] = set()
    newest = 100
    for step, away in steps:
        sequence = newest + away
        if step == "rebase":
            made.rebase()
        elif sequence not in seen:  # reception refuses what came before
            seen.add(sequence)
            newest = max(newest, sequence)
            if step == "skip":
                made.skip(sequence)
            elif (number := made.forward(sequence)) is not None:
                assert number not in given_out
                given_out.add(number)
