"""The gates of a tour: each is passed when its day has come and its condition holds; until then the next phase waits.

cities: a city confirmed; dates can be decided. dates: a decision on dates took effect; concerts can begin.
concerts: a dated stop has a local and a guest act; concerts can be reported as played.
"""

from collections.abc import Mapping
from typing import get_args

from b40_chassis.hears import Cause, Due
from b40_chassis.work import Work
from b40_contracts.events import GatePassed
from b40_contracts.events.values import Gate

from b40_events.handlers import deadlines
from b40_events.hears import hears
from b40_events.stop import Status, Stop
from b40_events.store import stops as stop_store
from b40_events.store import tours as store

ORDER: tuple[Gate, ...] = get_args(Gate)


@hears.due("gate", store.gates_due)
async def look_at_gate(due: Due, work: Work) -> None:
    """The day of a gate has come: it is passed, or blocks the next phase until its condition holds."""
    tour, _, name = due.subject.partition("/")
    gate = next(gate for gate in ORDER if gate == name)
    await store.mark_gate(work.connection, tour, gate, "blocked")
    await pass_gates(work, due, tour)


async def pass_gates(work: Work, cause: Cause, tour: str) -> None:
    """Pass those gates of a tour, in their order, whose day has come and whose condition holds now."""
    gates = await store.gates(work.connection, tour)
    stops = await stop_store.of_tour(work.connection, tour)
    for gate in ORDER:
        if gate not in gates or gates[gate]["state"] == "ahead" or not _holds(gate, stops):
            return
        if gates[gate]["state"] == "blocked":
            await store.mark_gate(work.connection, tour, gate, "passed")
            work.announce(GatePassed(tour=tour, gate=gate, planned=gates[gate]["planned"]), cause=cause)
            await deadlines.meet_gate(work, cause, tour, gate)


async def is_passed(work: Work, tour: str, gate: Gate) -> bool:
    """Whether a gate of a tour is passed."""
    gates = await store.gates(work.connection, tour)
    return gate in gates and gates[gate]["state"] == "passed"


def _holds(gate: Gate, stops: Mapping[str, Stop]) -> bool:
    if gate == "cities":
        return any(stop.takes_part for stop in stops.values())
    dated = [stop for stop in stops.values() if stop.status in (Status.DATED, Status.PLAYED)]
    if gate == "dates":
        return bool(dated)
    return any(not stop.missing for stop in dated)
