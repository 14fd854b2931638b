"""Publishing a record with its statistics: said once, and the same again by an app whose database was restored."""

from dataclasses import dataclass
from datetime import datetime

from b40_chassis.work import Work
from b40_contracts.solidarity import RecordDrawn, Rooted, StatisticsPublished

from b40_solidarity import records as rules
from b40_solidarity.matcher.store import draws, records
from b40_solidarity.signatures import PURPOSE, Signer
from b40_solidarity.statistics import cells, figures_of

SOURCE = "//b40/solidarity-matcher"


@dataclass(frozen=True, slots=True)
class Week:
    """A currency's week as the cause of its record, whichever side's root came last."""

    id: str
    time: datetime
    source: str = SOURCE


async def publish(drawn: RecordDrawn, gifts: Rooted, needs: Rooted, work: Work) -> None:
    """Announce the record of what was drawn, and the statistics that go with it."""
    last = await records.last(work.connection, drawn.currency)
    record = rules.publish(drawn, gifts, needs, last, Signer(work.identity.key(PURPOSE)))
    await draws.announce(work.connection, drawn.currency, drawn.number)
    week = Week(f"{drawn.currency} {drawn.due.isoformat()}", drawn.due)
    booked = await draws.booked(work.connection, [batch.needs_batch for batch in drawn.batches])
    statistics = StatisticsPublished(
        currency=record.currency,
        week=record.week,
        needs_settled=record.needs_settled,
        settled_minor=record.settled_minor,
        cells=cells(figures_of(booked, gifts, needs)),
    )
    work.announce(record, cause=week, time=drawn.due)
    work.announce(statistics, cause=week, time=drawn.due)
