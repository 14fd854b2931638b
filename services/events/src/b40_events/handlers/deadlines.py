"""Deadlines are set, approach, are met, missed or lifted."""

from dataclasses import replace
from datetime import date

from b40_chassis.hears import Cause, Due, Heard
from b40_chassis.work import Work
from b40_contracts.events import (
    DeadlineApproaching,
    DeadlineLifted,
    DeadlineMeetingReported,
    DeadlineMet,
    DeadlineMissed,
    DeadlineReported,
    DeadlineSet,
)
from b40_contracts.events.values import Gate

from b40_events.deadline import Deadline, State, holding, is_price, is_zone
from b40_events.entries import Entry, deadline_id
from b40_events.handlers import calendar
from b40_events.hears import hears
from b40_events.store import deadlines as store
from b40_events.store import fairs as fair_store


@hears.each(DeadlineReported)
async def set_reported_deadline(heard: Heard[DeadlineReported], work: Work) -> None:
    """A deadline of its own; those of tours, fairs and milestones are set with them."""
    report = heard.event
    if report.timezone is not None and not is_zone(report.timezone):
        work.refuse(heard, "unknown-timezone", f"timezone: there is no zone {report.timezone!r}")
        return
    known = await store.lock(work.connection, report.deadline)
    if known is not None and known.concerns is not None:
        work.refuse(heard, "deadline-of-another", f"deadline: {report.deadline!r} belongs to {known.concerns!r}")
        return
    await put(
        work,
        heard,
        Deadline(
            deadline=report.deadline,
            name=report.name,
            kind=report.kind,
            on=report.on,
            at=report.at,
            timezone=report.timezone,
        ),
    )


async def put(work: Work, cause: Cause, deadline: Deadline) -> None:
    """Set a deadline, or change it. The same again is nothing; a changed one is open again."""
    known = await store.lock(work.connection, deadline.deadline)
    if known is not None and replace(known, state=deadline.state) == deadline:
        return
    state = State.PAST if deadline.passes <= cause.time else State.OPEN
    entered = replace(deadline, state=state)
    await store.keep(work.connection, entered, approaches=max(deadline.approaches, cause.time))
    work.announce(
        DeadlineSet(
            deadline=deadline.deadline,
            name=deadline.name,
            kind=deadline.kind,
            concerns=deadline.concerns,
            on=deadline.on,
            at=deadline.at,
            timezone=deadline.timezone,
        ),
        cause=cause,
    )
    await calendar.enter(work, cause, _entry(deadline))


async def put_gate(work: Work, cause: Cause, tour: str, gate: Gate, name: str, on: date, zone: str) -> None:
    """Set the deadline of a tour's gate."""
    deadline = f"{tour}-{gate}"
    await put(work, cause, Deadline(deadline, name, "gate", concerns=tour, on=on, timezone=zone))


@hears.each(DeadlineMeetingReported)
async def accept_meeting(heard: Heard[DeadlineMeetingReported], work: Work) -> None:
    """Judged by the report's own time: one that comes late, but was made in time, still counts."""
    slug = heard.event.deadline
    known = await store.lock(work.connection, slug)
    if known is None:
        work.refuse(heard, "unknown-deadline", f"deadline: there is no deadline {slug!r}")
    elif known.kind == "gate":
        work.refuse(heard, "gate", f"deadline: {slug!r} is a gate; it is passed when its condition holds")
    elif not await meet(work, heard, known):
        if heard.time > known.passes:
            work.refuse(heard, "deadline-passed", f"deadline: {slug!r} had passed at {known.passes.isoformat()}")
    else:
        await _obtain_price(work, heard, known)


async def meet(work: Work, cause: Cause, deadline: Deadline) -> bool:
    """Note that what was due was done. Returns False if it was too late, or no longer mattered."""
    if cause.time > deadline.passes or deadline.state not in (State.OPEN, State.MISSED):
        return False
    await store.move(work.connection, deadline.deadline, State.MET)
    work.announce(DeadlineMet(deadline=deadline.deadline, name=deadline.name), cause=cause)
    return True


async def meet_gate(work: Work, cause: Cause, tour: str, gate: str) -> None:
    """A gate that is passed in time meets its deadline."""
    deadline = await store.lock(work.connection, f"{tour}-{gate}")
    if deadline is not None:
        await meet(work, cause, deadline)


async def _obtain_price(work: Work, cause: Cause, met: Deadline) -> None:
    """With a price obtained, the deadlines of later prices of the same fair do not matter any more."""
    if met.concerns is None:
        return
    prices = [each for each in await store.of(work.connection, met.concerns) if is_price(each)]
    obtained: Deadline | None = met
    if not is_price(met):
        plan = await fair_store.milestones(work.connection, met.concerns)
        pays = any(f"{each.fair}-{each.milestone}" == met.deadline and each.rate for each in plan)
        obtained = holding(prices, cause.time) if pays else None
        if obtained is not None:
            await meet(work, cause, obtained)
    if obtained is not None:
        for later in prices:
            if later.passes > obtained.passes:
                await lift(work, cause, later, f"{obtained.name} was obtained.")


async def lift(work: Work, cause: Cause, deadline: Deadline, why: str) -> None:
    """A deadline does not matter any more."""
    if deadline.state is not State.OPEN:
        return
    await store.move(work.connection, deadline.deadline, State.LIFTED)
    work.announce(DeadlineLifted(deadline=deadline.deadline, why=why), cause=cause)
    await calendar.cancel(work, cause, deadline_id(deadline.deadline))


@hears.due("deadline approaches", store.approaching)
async def warn_of_deadline(due: Due, work: Work) -> None:
    """It is seven days away, or fewer if it was set later."""
    deadline = await store.lock(work.connection, due.subject)
    assert deadline is not None, "what is due was read"
    await store.warned(work.connection, due.subject)
    work.announce(
        DeadlineApproaching(
            deadline=deadline.deadline,
            name=deadline.name,
            kind=deadline.kind,
            concerns=deadline.concerns,
            on=deadline.on,
            at=deadline.at,
        ),
        cause=due,
    )


@hears.due("deadline passes", store.passing)
async def miss_deadline(due: Due, work: Work) -> None:
    """Nobody had reported by then that what was due was done."""
    deadline = await store.lock(work.connection, due.subject)
    assert deadline is not None, "what is due was read"
    await store.move(work.connection, due.subject, State.MISSED)
    work.announce(
        DeadlineMissed(
            deadline=deadline.deadline,
            name=deadline.name,
            kind=deadline.kind,
            concerns=deadline.concerns,
            on=deadline.on,
            at=deadline.at,
        ),
        cause=due,
    )


def _entry(deadline: Deadline) -> Entry:
    return Entry(
        entry=deadline_id(deadline.deadline),
        summaries={"en": deadline.name},
        category="deadline",
        concerns=deadline.concerns,
        first_day=deadline.on,
        last_day=deadline.on,
        at=deadline.at,
        timezone=deadline.timezone,
    )
