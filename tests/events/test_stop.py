"""A stop through its life, also when things cross: what comes while dates are being decided is decided next."""

from dataclasses import replace
from datetime import date
from typing import Literal

import pytest
from b40_contracts.events import Act, TourChange, Window
from b40_events.stop import Status, Stop, confirmed, decided, missing_acts

DAY, LATER = date(2022, 7, 20), date(2022, 8, 1)
WINDOW = (Window(first=LATER, last=LATER),)
STOP = Stop("bus", "GRATH", Status.CONFIRMED)


def change(kind: Literal["dated", "moved", "withdrawn", "unschedulable"], on: date | None = None) -> TourChange:
    return TourChange(city="GRATH", kind=kind, on=on, why="Because.")


def dated() -> Stop:
    return replace(STOP, status=Status.DATED, on=DAY)


def test_a_confirmed_stop_is_dated_by_a_decision_and_then_needs_none() -> None:
    after = decided(STOP, change("dated", DAY))
    assert (after.status, after.on, after.needs_decision) == (Status.DATED, DAY, False)


def test_a_dated_stop_whose_windows_exclude_its_day_needs_a_decision() -> None:
    assert confirmed(dated(), WINDOW, while_deciding=False).needs_decision


def test_confirming_again_keeps_the_day() -> None:
    after = confirmed(dated(), (), while_deciding=False)
    assert (after.status, after.on, after.needs_decision) == (Status.DATED, DAY, False)


def test_a_withdrawn_stop_needs_a_decision_until_its_day_is_freed() -> None:
    gone = replace(dated(), status=Status.WITHDRAWN, why="Strike.")
    assert gone.needs_decision
    assert not decided(gone, change("withdrawn")).needs_decision


def test_a_stop_that_withdrew_while_dates_were_decided_stays_withdrawn_and_its_new_day_is_freed_next() -> None:
    """Breaks if a decision on its way dates a city that is no longer there."""
    gone = replace(STOP, status=Status.WITHDRAWN)
    after = decided(gone, change("dated", DAY))
    assert (after.status, after.needs_decision) == (Status.WITHDRAWN, True)


def test_a_stop_that_comes_back_while_its_day_is_given_away_does_not_claim_it() -> None:
    """Breaks if two stops end up with one day."""
    gone = replace(dated(), status=Status.WITHDRAWN)
    back = confirmed(gone, (), while_deciding=True)
    assert (back.status, back.on) == (Status.CONFIRMED, None)
    assert decided(back, change("withdrawn")).needs_decision
    assert confirmed(gone, (), while_deciding=False).on == DAY


def test_other_windows_given_while_dates_were_decided_are_tried_next() -> None:
    asked = confirmed(STOP, WINDOW, while_deciding=True)
    assert decided(asked, change("unschedulable")).needs_decision
    assert decided(STOP, change("unschedulable")).status is Status.UNSCHEDULABLE


def test_a_played_stop_keeps_its_day_whatever_is_decided() -> None:
    played = replace(dated(), status=Status.PLAYED)
    assert decided(played, change("moved", LATER)) == played


@pytest.mark.parametrize(
    ("origins", "missing"),
    [((), ("local", "guest")), (("GRATH",), ("guest",)), (("TRIST",), ("local",)), (("TRIST", "GRATH"), ())],
)
def test_a_line_up_needs_a_local_and_a_guest_act(origins: tuple[str, ...], missing: tuple[str, ...]) -> None:
    assert missing_acts("GRATH", [Act(name="Ensemble", city=origin) for origin in origins]) == missing
