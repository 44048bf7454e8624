from media.throttle import BURST, IN_ALL, MAX_SOURCES, PER_SOURCE, Throttle


def test_a_source_has_a_burst_and_then_its_rate() -> None:
    throttle = Throttle(0.0)
    allowed = sum(throttle.allows("a", 0.0) for _ in range(1000))
    assert allowed == PER_SOURCE * BURST
    assert throttle.refused == 1000 - allowed
    assert throttle.allows("b", 0.0)
    assert sum(throttle.allows("a", 1.0) for _ in range(1000)) == PER_SOURCE


def test_many_sources_together_have_one_rate() -> None:
    throttle = Throttle(0.0)
    allowed = sum(throttle.allows(str(index), 0.0) for index in range(2 * MAX_SOURCES))
    assert allowed == min(IN_ALL * BURST, 2 * MAX_SOURCES)
    assert len(throttle._sources) <= MAX_SOURCES
