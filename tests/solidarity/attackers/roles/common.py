"""What several roles see alike: the public pages, what neighbours and friends tell, notices, hours."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from b40_chassis.hears import Heard
from b40_contracts.solidarity import BillReported, GiftReported

from tests.solidarity.attackers.evidence import Evidence
from tests.solidarity.attackers.joins import Eyes, Group, Sight

RECORD_AFTER = timedelta(days=2, hours=6)


class Role(NamedTuple):
    """Somebody who tries to find out who paid whose bill. ``look`` gives what each of its kind sees.

    ``sees_arrivals`` says that it sees when both sides come in: then who gives and asks within the hour is found out
    whatever a service does. ``sees_both``, that it sees parties of both sides, the same ones batch after batch;
    ``varies``, that where it sees things differs from run to run, so that the judge must be surer before it cries.
    """

    name: str
    look: Callable[[Evidence], Sequence[Eyes]]
    sees_arrivals: bool = False
    sees_both: bool = False
    varies: bool = False


def hours(evidence: Evidence) -> list[datetime]:
    """The batch hours so far, which policies state publicly."""
    return sorted({moment.hour for moment in evidence.moments})


def next_hour(evidence: Evidence, moment: datetime) -> datetime | None:
    """The batch hour that comes after a time."""
    return next((hour for hour in hours(evidence) if hour >= moment), None)


def pool_of(event: BillReported | GiftReported) -> str:
    """The pool of what is reported."""
    return f"{event.city}~{event.kind}~{event.currency}"


def neighbours(evidence: Evidence) -> list[Sight]:
    """Households as neighbours know them: who asked in a week, for what, and what the bill comes to."""
    return _known(evidence, evidence.events(BillReported))


def friends(evidence: Evidence) -> list[Sight]:
    """Payers as friends know them: who gave in a week, for what, and how much."""
    return _known(evidence, evidence.events(GiftReported))


def _known(evidence: Evidence, reports: Sequence[Heard[Any]]) -> list[Sight]:
    sights = []
    for heard in reports:
        hour = next_hour(evidence, heard.time)
        who = evidence.names[str(getattr(heard.event, "gift", None) or heard.event.need)]
        if hour is not None:
            sights.append(Sight(who, hour, pool_of(heard.event), heard.event.amount_minor))
    return sorted(sights)


def records(evidence: Evidence) -> Iterator[tuple[datetime, Mapping[str, Any]]]:
    """The public records, each with the batch hour of its week."""
    for path in ("/records/TRY", "/records/EUR"):
        for record in (evidence.public[-1][path] or ()) if evidence.public else ():
            yield datetime.fromisoformat(record["due"]) - RECORD_AFTER, record


def windows(evidence: Evidence) -> dict[Group, int]:
    """Sums that anybody reads: of the public record, and of the statistics by pool."""
    found: dict[Group, int] = {(None, hour): record["settled_minor"] for hour, record in records(evidence)}
    for currency, of in evidence.public[-1]["/statistics"]["currencies"].items():
        for week in of["weeks"]:
            year, number = (int(part) for part in week["week"].split("-w"))
            hour = datetime.combine(date.fromisocalendar(year, number, 5), time(18), UTC)
            for cell in week["cells"]:
                if cell["area"] and cell["kind"] and cell["settled_minor"] is not None:
                    found[f"{cell['area']}~{cell['kind']}~{currency}", hour] = cell["settled_minor"]
    return found


def carried(evidence: Evidence) -> dict[Group, int]:
    """What the public record says that was carried on."""
    return {(None, hour): record["carried_change_minor"] for hour, record in records(evidence)}


def step_hours(evidence: Evidence, *kinds: type[Any]) -> list[tuple[Heard[Any], datetime]]:
    """Events of these types, each with the batch hour that came last before it was said."""
    wanted = {id(heard) for heard in evidence.events(*kinds)}
    found, moments = [], iter(evidence.moments)
    moment = next(moments)
    for place, heard in enumerate(evidence.heard):
        while place >= moment.heard:
            moment = next(moments)
        if id(heard) in wanted:
            found.append((heard, moment.hour))
    return found


def only(sights: Sequence[Sight], pools: set[str | None]) -> list[Sight]:
    """Those of these pools."""
    return [sight for sight in sights if sight.pool in pools]
