"""What a subscriber gets of what he missed: decided on facts, without I/O.

A subscriber who names an epoch and an offset is recovered when the history still holds every publication after it, up
to the stream's top; otherwise he is told so and gets none. Never a part. Publications that arrive while the history is
being read are buffered and merged, so that none is lost or doubled between the two.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from protocol.envelope import Publication, StreamPosition


class Gap(Exception):
    """A publication is missing between the history and what arrived: the subscriber must begin anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A stretch of a stream in the order asked for, and the stream's top when it was read."""

    publications: tuple[Publication, ...]
    top: StreamPosition


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What a subscription's reply says: the publications missed, and whether these are all."""

    recovered: bool
    publications: tuple[Publication, ...] = ()


def recover(since: StreamPosition, page: Page, *, latest: bool = False) -> Recovery:
    """What brings a subscriber from `since` to `page.top`; `page` holds what is kept after `since`.

    `latest`: each publication replaces the one before, so the last one is all.
    """
    known = since.epoch == page.top.epoch
    if known and since.offset == page.top.offset:
        return Recovery(recovered=True)
    if latest:
        last = page.publications[-1:]
        return Recovery(recovered=bool(last), publications=last)
    missed = tuple(pub for pub in page.publications if pub.offset > since.offset)
    wanted = range(since.offset + 1, page.top.offset + 1)
    if known and [pub.offset for pub in missed] == list(wanted) and missed:
        return Recovery(recovered=True, publications=missed)
    return Recovery(recovered=False)


def merge(top: int, buffered: Iterable[Publication]) -> Sequence[Publication]:
    """What of `buffered`, in order of arrival, comes after offset `top`. Raises Gap.

    Publications outside the history (offset 0) come along in their place.
    """
    following: list[Publication] = []
    for pub in buffered:
        if pub.offset > top + 1:
            raise Gap(f"{top} is followed by {pub.offset}")
        if pub.offset == 0:
            following.append(pub)
        elif pub.offset == top + 1:
            following.append(pub)
            top = pub.offset
    return following
