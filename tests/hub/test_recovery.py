import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.recovery import Gap, Page, Recovery, merge, recover
from protocol.envelope import Publication, StreamPosition


def pubs(*offsets: int) -> tuple[Publication, ...]:
    return tuple(Publication(data=b"1", offset=offset) for offset in offsets)


def arrived(*offsets: int, epoch: str = "e") -> tuple[tuple[Publication, str], ...]:
    return tuple((pub, epoch if pub.offset else "") for pub in pubs(*offsets))


def at(offset: int, epoch: str = "e") -> StreamPosition:
    return StreamPosition(offset=offset, epoch=epoch)


@pytest.mark.parametrize(
    ("since", "page", "recovery"),
    [
        (at(3), Page(publications=(), top=at(3)), Recovery(recovered=True)),
        (at(0), Page(publications=(), top=at(0)), Recovery(recovered=True)),
        (
            at(1),
            Page(publications=pubs(2, 3), top=at(3)),
            Recovery(recovered=True, publications=pubs(2, 3)),
        ),
        # the history lost its beginning, its end or all of it
        (at(1), Page(publications=pubs(3), top=at(3)), Recovery(recovered=False)),
        (at(1), Page(publications=pubs(2), top=at(3)), Recovery(recovered=False)),
        (at(1), Page(publications=(), top=at(3)), Recovery(recovered=False)),
        # another epoch, or a place that never was
        (at(3, "old"), Page(publications=(), top=at(3)), Recovery(recovered=False)),
        (at(1, "old"), Page(publications=pubs(2), top=at(2)), Recovery(recovered=False)),
        (at(9), Page(publications=(), top=at(3)), Recovery(recovered=False)),
        (at(0, ""), Page(publications=(), top=at(0)), Recovery(recovered=False)),
    ],
)
def test_all_that_was_missed_or_nothing(
    since: StreamPosition, page: Page, recovery: Recovery
) -> None:
    assert recover(since, page) == recovery


@pytest.mark.parametrize(
    ("since", "page", "recovery"),
    [
        (at(3), Page(publications=pubs(3), top=at(3)), Recovery(recovered=True)),
        (
            at(1),
            Page(publications=pubs(3), top=at(3)),
            Recovery(recovered=True, publications=pubs(3)),
        ),
        (
            at(1, "old"),
            Page(publications=pubs(3), top=at(3)),
            Recovery(recovered=True, publications=pubs(3)),
        ),
        (at(1), Page(publications=(), top=at(3)), Recovery(recovered=False)),
    ],
)
def test_the_latest_is_all_where_each_replaces_the_one_before(
    since: StreamPosition, page: Page, recovery: Recovery
) -> None:
    assert recover(since, page, latest=True) == recovery


@given(since=st.integers(0, 20), kept=st.integers(0, 20), top=st.integers(0, 20))
def test_recovered_is_true_exactly_when_everything_after_is_kept(
    since: int, kept: int, top: int
) -> None:
    held = range(max(1, top - kept + 1), top + 1)
    after = pubs(*(offset for offset in held if offset > since))
    recovery = recover(at(since), Page(publications=after, top=at(top)))
    missed = set(range(since + 1, top + 1))
    assert recovery.recovered == (since <= top and missed <= set(held))
    got = [pub.offset for pub in recovery.publications]
    assert got == (sorted(missed) if recovery.recovered else [])


def test_what_arrived_meanwhile_is_merged() -> None:
    assert list(merge(at(5), arrived(4, 5, 0, 6, 7))) == list(pubs(0, 6, 7))
    assert list(merge(at(7), arrived(4, 5))) == []
    assert list(merge(at(3), ())) == []


def test_a_gap_is_no_merge() -> None:
    with pytest.raises(Gap):
        merge(at(3), arrived(5))
    with pytest.raises(Gap):
        merge(at(3), arrived(4, 6))


def test_what_arrived_of_another_stream_is_no_merge() -> None:
    with pytest.raises(Gap):
        merge(at(3, "new"), arrived(2, 3, epoch="old"))
    with pytest.raises(Gap):
        merge(at(3, "old"), (*arrived(4, epoch="old"), *arrived(1, epoch="new")))
    apart = arrived(0, epoch="")
    assert list(merge(at(3, "new"), (*apart, *arrived(4, epoch="new")))) == list(pubs(0, 4))


def test_how_far_back_a_client_says_he_was_costs_nothing() -> None:
    far = 10**12
    page = Page(publications=pubs(far - 1, far), top=at(far))
    assert recover(at(0), page) == Recovery(recovered=False)
    assert recover(at(far - 2), page) == Recovery(recovered=True, publications=page.publications)
