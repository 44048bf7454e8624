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
    if known and missed and _whole(missed, since.offset, page.top.offset):
        return Recovery(recovered=True, publications=missed)
    return Recovery(recovered=False)


def _whole(missed: Sequence[Publication], since: int, top: int) -> bool:
    """Whether nothing is missing between: offsets rise, so their count and both ends tell, however far apart."""
    return len(missed) == top - since and missed[0].offset == since + 1 and missed[-1].offset == top


def follows(pub: Publication, epoch: str, *, after: int, of: str) -> bool:
    """Whether `pub`, of the stream `epoch`, comes next `after` that offset `of` that epoch; False: before. Raises Gap.

    A stream that began anew gives the offsets of the one before once more: only the epoch tells them apart.
    """
    if epoch != of:
        raise Gap(f"the stream {of} is followed by {epoch}")
    if pub.offset > after + 1:
        raise Gap(f"{after} is followed by {pub.offset}")
    return pub.offset == after + 1


def merge(
    top: StreamPosition, buffered: Iterable[tuple[Publication, str]]
) -> Sequence[Publication]:
    """What of `buffered` (each with its epoch), in order of arrival, comes after `top`. Raises Gap.

    Publications outside the history (offset 0) come along in their place.
    """
    following: list[Publication] = []
    offset = top.offset
    for pub, epoch in buffered:
        if pub.offset == 0:
            following.append(pub)
        elif follows(pub, epoch, after=offset, of=top.epoch):
            following.append(pub)
            offset = pub.offset
    return following
