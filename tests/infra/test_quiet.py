"""Quiet means that nothing is left to do, and who still has something says what."""

from typing import Any

from b40_contracts.platform import CLOCK, Ticked
from b40_contracts.topic import Kind, Topic, from_beginning
from b40_infra.local.quiet import unfinished

INTAKE = Topic(
    name="registry-intake",
    kind=Kind.INTAKE,
    description="For this test.",
    events=(Ticked,),
    producer="integrators",
    consumers=from_beginning("registry"),
    partitions=2,
)
ENDS = {"clock": {0: 4}, "registry-intake": {0: 7, 1: 0}}


def status(**other: Any) -> dict[str, Any]:
    positions = {"clock": {"0": 4}, "registry-intake": {"0": 7, "1": 0}}
    return {"ready": True, "outbox": 0, "tasks": 0, "released": 0, "waiting": 0, "positions": positions} | other


def left(app: str = "registry", **other: Any) -> tuple[str, ...]:
    return unfinished(app, status(**other), (CLOCK, INTAKE), ENDS).what


def test_an_app_that_has_taken_all_is_quiet() -> None:
    """Breaks if quiet is never reached."""
    assert left() == ()


def test_what_waits_for_a_key_that_has_not_come_does_not_keep_from_quiet() -> None:
    """Breaks if an unknown city holds a season up for a day."""
    assert left(waiting=3) == ()


def test_what_could_go_on_keeps_from_quiet() -> None:
    """Breaks if a tick overtakes what was just released, or mail that is still to be sent."""
    assert left(released=1, outbox=2, tasks=3) == ("outbox 2", "tasks 3", "released 1")


def test_a_position_behind_the_end_keeps_from_quiet_and_is_named() -> None:
    """Breaks if an event on a partition that was never assigned is overlooked."""
    assert left(positions={"clock": {"0": 4}, "registry-intake": {"0": 6}}) == (
        "registry-intake[0] at 6 of 7",
        "registry-intake[1] at None of 0",
    )


def test_topics_that_an_app_does_not_hear_do_not_matter() -> None:
    """Breaks if an app is waited for that has nothing to take."""
    assert left("notify", positions={"clock": {"0": 4}}) == ()
