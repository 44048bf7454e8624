from ipaddress import ip_address

import pytest

from media.throttle import BURST, IN_ALL, MAX_SOURCES, PER_SOURCE, Throttle


def test_a_source_has_a_burst_and_then_its_rate() -> None:
    throttle = Throttle(0.0)
    allowed = sum(throttle.allows("192.0.2.1", 0.0) for _ in range(1000))
    assert allowed == PER_SOURCE * BURST
    assert throttle.refused == 1000 - allowed
    assert throttle.allows("192.0.2.2", 0.0)
    assert sum(throttle.allows("192.0.2.1", 1.0) for _ in range(1000)) == PER_SOURCE


def test_many_sources_together_have_one_rate() -> None:
    throttle = Throttle(0.0)
    allowed = sum(throttle.allows(str(ip_address(index)), 0.0) for index in range(2 * MAX_SOURCES))
    assert allowed == min(IN_ALL * BURST, 2 * MAX_SOURCES)
    assert len(throttle._sources) <= MAX_SOURCES


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:0:0:1", True),
        ("fe80::1%2", "fe80::2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_the_addresses_of_one_network_have_one_bucket(one: str, other: str, same: bool) -> None:
    throttle = Throttle(0.0)
    while throttle.allows(one, 0.0):
        pass
    assert throttle.allows(other, 0.0) is not same
