"""A tour's dates are worked out outside the transaction; what comes out is announced as a decision."""

import asyncio
from typing import ClassVar

from b40_chassis.tasks import Done, Task, Tasks
from b40_chassis.work import Work
from b40_contracts.events import TourDecided

from b40_events.tour import Dates, TourToDecide, decide

tasks = Tasks(concurrency=2)


class DecideDates(Task):
    """Work out the dates of a tour; all that it rests on is in it, so that it always comes out the same."""

    name: ClassVar[str] = "decide dates"
    tour: TourToDecide


@tasks.performs(DecideDates)
async def work_out_dates(task: DecideDates) -> Dates:
    """Pure computation, in a thread: up to a second for a tour of 13 stops."""
    return await asyncio.to_thread(decide, task.tour)


@tasks.finishes(DecideDates)
async def announce_decision(done: Done[DecideDates, Dates], work: Work) -> None:
    """Said, not done: it takes effect when it is read back."""
    tour, dates = done.task.tour, done.result
    work.announce(
        TourDecided(
            tour=tour.tour,
            number=tour.number,
            due=tour.due,
            start=tour.start,
            stops=dates.stops,
            unschedulable=dates.unschedulable,
            changes=dates.changes,
            km=dates.km,
            listing_order_km=dates.listing_order_km,
            shortest_km_without_windows=dates.shortest_km_without_windows,
        ),
        cause=done,
    )
