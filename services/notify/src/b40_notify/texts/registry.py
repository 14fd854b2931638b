"""Texts about the network itself: membership, working groups, meetings, decisions."""

from b40_contracts.registry import (
    CityAdmitted,
    CityLeft,
    CitySigned,
    DecisionDue,
    DecisionFact,
    DecisionFulfilled,
    DecisionLapsed,
    DecisionTaken,
    Meeting,
    MeetingCancelled,
    MeetingScheduled,
    WorkingGroupClosed,
    WorkingGroupFormed,
)

from b40_notify.texts.text import Reader, Text, day, moment, sentence, titled


def city_signed(event: CitySigned, reader: Reader) -> Text:
    """A city signed the declaration."""
    city = reader.city(event.city)
    return Text(
        f"{city} signed the network's declaration",
        (f"{city} signed the declaration of the B40 Balkan Cities Network on {day(event.on)}.",),
    )


def city_admitted(event: CityAdmitted, reader: Reader) -> Text:
    """A city became a member."""
    city = reader.city(event.city)
    return Text(
        f"{city} joined the network",
        (f"{city} is a member of the B40 Balkan Cities Network since {day(event.on)}.",),
    )


def city_left(event: CityLeft, reader: Reader) -> Text:
    """A city left."""
    city = reader.city(event.city)
    return Text(
        f"{city} left the network",
        (f"{city} is no longer a member of the B40 Balkan Cities Network from {day(event.on)} on.",),
    )


def group_formed(event: WorkingGroupFormed, reader: Reader) -> Text:
    """A working group was formed."""
    name = reader.name(event.names)
    mandate = (reader.name(event.mandate),) if event.mandate else ()
    return Text(
        f"New working group: {name}", (f"The working group {name} was formed on {day(event.formed_on)}.", *mandate)
    )


def group_closed(event: WorkingGroupClosed, reader: Reader) -> Text:
    """A working group ended its work."""
    name = reader.name(event.names)
    ended = f" on {day(event.closed_on)}" if event.closed_on else ""
    return Text(f"Working group closed: {name}", (f"The working group {name} ended its work{ended}.",))


def meeting_scheduled(event: MeetingScheduled, reader: Reader) -> Text:
    """A meeting is planned, or its plan changed."""
    name = reader.name(event.names)
    agenda = ("Agenda:\n" + "\n".join(f"- {item}" for item in event.agenda),) if event.agenda else ()
    return Text(f"Meeting: {name}, {_days(event)}", (f"{name}: {_days(event)}{_where(event, reader)}.", *agenda))


def meeting_cancelled(event: MeetingCancelled, reader: Reader) -> Text:
    """A meeting will not be held."""
    name = reader.name(event.names)
    return Text(f"Cancelled: {name}", (f"{name}, planned for {_days(event)}, will not be held.",))


def decision_taken(event: DecisionTaken, reader: Reader) -> Text:
    """A decision was taken."""
    text = reader.name(event.text)
    due = (f"It is due on {_due(event)}.",) if event.falls_due else ()
    return Text(
        f"Decided: {_short(text)}",
        (f"{sentence(text)} {_owner(event, reader)}", f"Decided on {day(event.taken_on)}.", *due),
    )


def decision_due(event: DecisionDue, reader: Reader) -> Text:
    """A decision's time is up."""
    text = reader.name(event.text)
    lapses = (f"It lapses on {moment(event.lapses)} unless its fulfilment is reported.",) if event.lapses else ()
    return Text(
        f"Due: {_short(text)}",
        (f"{sentence(text)} {_owner(event, reader)}", "Its time is up and no fulfilment was reported.", *lapses),
    )


def decision_fulfilled(event: DecisionFulfilled, reader: Reader) -> Text:
    """A decision was carried out."""
    text = reader.name(event.text)
    in_time = "in time" if event.in_time else "late"
    return Text(
        f"Fulfilled: {_short(text)}",
        (f"{sentence(text)} {_owner(event, reader)}", f"Fulfilled on {day(event.fulfilled_on)}, {in_time}."),
    )


def decision_lapsed(event: DecisionLapsed, reader: Reader) -> Text:
    """A decision was not carried out."""
    text = reader.name(event.text)
    return Text(
        f"Lapsed: {_short(text)}",
        (f"{sentence(text)} {_owner(event, reader)}", "No fulfilment was reported in time: the decision lapsed."),
    )


def _days(meeting: Meeting) -> str:
    if meeting.first_day == meeting.last_day:
        return day(meeting.first_day)
    return f"{day(meeting.first_day)} to {day(meeting.last_day)}"


def _where(meeting: Meeting, reader: Reader) -> str:
    parts = ([meeting.place] if meeting.place else []) + ([reader.city(meeting.host)] if meeting.host else [])
    return f" ({', '.join(parts)})" if parts else ""


def _owner(decision: DecisionFact, reader: Reader) -> str:
    if decision.owner.city:
        return f"({reader.city(decision.owner.city)})"
    return f"(working group {titled(decision.owner.group or '')})"


def _due(decision: DecisionFact) -> str:
    if decision.due_on:
        return day(decision.due_on)
    assert decision.falls_due is not None, "a decision without any due time has no due text"
    return moment(decision.falls_due)


def _short(text: str, characters_max: int = 70) -> str:
    text = " ".join(text.split())
    return text if len(text) <= characters_max else text[: characters_max - 1].rstrip() + "…"
