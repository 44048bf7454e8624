from uuid import uuid4

import pytest

from rooms.errors import ChatTooFast
from rooms.rate import ChatLimits, Rate

LIMITS = ChatLimits(burst=3, per_second=2.0, people=2)


def test_a_burst_then_a_rate() -> None:
    rate, person = Rate(limits=LIMITS), uuid4()
    for _ in range(3):
        rate.spend(person, now=10.0)
    with pytest.raises(ChatTooFast) as refusal:
        rate.spend(person, now=10.0)
    assert refusal.value.fields["retry_after"] == pytest.approx(0.5)
    assert refusal.value.temporary
    rate.spend(person, now=10.5)
    with pytest.raises(ChatTooFast):
        rate.spend(person, now=10.5)


def test_each_person_has_his_own() -> None:
    rate, one, other = Rate(limits=LIMITS), uuid4(), uuid4()
    for _ in range(3):
        rate.spend(one, now=0.0)
    rate.spend(other, now=0.0)


def test_those_who_went_quiet_are_forgotten() -> None:
    rate, busy = Rate(limits=LIMITS), uuid4()
    for _ in range(2):
        rate.spend(uuid4(), now=0.0)
    for _ in range(3):
        rate.spend(busy, now=5.0)
    assert list(rate._full_at) == [busy]
    with pytest.raises(ChatTooFast):
        rate.spend(busy, now=5.0)
