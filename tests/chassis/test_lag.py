"""Lag in time: an app that keeps up has none however much comes, one that stands still has it however little."""

from b40_chassis.lag import Behind, Lag
from b40_chassis.positions import Standing

FIRST, SECOND = ("facts", 0), ("facts", 1)


def at(offset: int, stopped: str | None = None) -> Standing:
    return Standing(offset, None, stopped)


def test_who_keeps_up_is_not_behind_for_long_however_much_comes() -> None:
    """Breaks if any lag at all counts as being behind: a busy topic always has some."""
    lag = Lag()
    for look in range(100):
        told = lag.note({FIRST: at(1_000 * look)}, {FIRST: 1_000 * look + 500}, now=5.0 * look)
        assert told["facts"].records == 500
        assert told["facts"].seconds <= 5


def test_who_stands_still_is_behind_since_the_end_was_seen() -> None:
    """Breaks if the end that is aimed at moves with what comes after it."""
    lag = Lag()
    for look in range(10):
        told = lag.note({FIRST: at(7)}, {FIRST: 8 + look}, now=100 + 5.0 * look)
    assert told == {"facts": Behind(10, 45.0)}


def test_an_end_that_was_reached_gives_way_to_the_present_one() -> None:
    lag = Lag()
    lag.note({FIRST: at(0)}, {FIRST: 10}, now=0)
    assert lag.note({FIRST: at(9)}, {FIRST: 90}, now=30)["facts"].seconds == 30
    assert lag.note({FIRST: at(10)}, {FIRST: 90}, now=35)["facts"].seconds == 0
    assert lag.note({FIRST: at(90)}, {FIRST: 90}, now=40)["facts"] == Behind(0, 0)


def test_of_partitions_the_longest_counts_and_a_stopped_one_does_not() -> None:
    lag = Lag()
    standings, ends = {FIRST: at(0), SECOND: at(0)}, {FIRST: 1, SECOND: 1}
    lag.note(standings, ends, now=0)
    assert lag.note({FIRST: at(1), SECOND: at(0)}, ends, now=9)["facts"] == Behind(1, 9)
    assert lag.note({FIRST: at(1), SECOND: at(0, "a test")}, ends, now=10)["facts"] == Behind(1, 0)
