import pytest

from media.rtcp import ntp_time
from media.timeline import DRIFT, Timeline, TrackClock


def test_nothing_is_known_before_anything_came() -> None:
    timeline = Timeline()
    assert timeline.theirs(5.0) is None
    assert TrackClock(timeline, clock_rate=48_000).at(5.0) is None


def test_before_a_report_the_arrival_tells() -> None:
    clock = TrackClock(Timeline(), clock_rate=48_000)
    clock.arrive(0xFFFFFFFF, 5.0)
    assert clock.at(6.0) == 47_999


def test_a_report_tells_more_truly_than_the_arrival() -> None:
    clock = TrackClock(Timeline(), clock_rate=90_000)
    clock.arrive(1, 5.0)
    clock.report(ntp_time(1000.0), 9000, 5.2)
    assert clock.at(5.2) == 9000
    assert clock.at(6.2) == 99_000


def test_the_report_least_delayed_by_the_network_counts() -> None:
    timeline = Timeline()
    timeline.learn(ntp_time(1000.0), 5.3)
    timeline.learn(ntp_time(1001.0), 6.1)
    assert timeline.theirs(6.1) == pytest.approx(1001.0)
    timeline.learn(ntp_time(1002.0), 7.6)  # half a second late: only the drift is believed
    assert timeline.theirs(7.6) == pytest.approx(1002.5 - DRIFT)


def test_sound_and_picture_of_one_publisher_keep_step() -> None:
    timeline = Timeline()
    sound, picture = (
        TrackClock(timeline, clock_rate=48_000),
        TrackClock(timeline, clock_rate=90_000),
    )
    sound.report(ntp_time(1000.0), 0, 5.0)
    picture.report(ntp_time(1000.5), 0, 5.5)
    assert (sound.at(7.0), picture.at(7.0)) == (96_000, 135_000)
    sound.report(ntp_time(1002.0), 96_000, 7.4)  # delayed: both move by the same
    first, second = sound.at(8.0), picture.at(8.0)
    assert first is not None
    assert second is not None
    assert first / 48_000 == pytest.approx(second / 90_000 + 0.5, abs=1e-4)
