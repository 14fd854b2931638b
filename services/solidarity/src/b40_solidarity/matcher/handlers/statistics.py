"""Statistics, read back as they were published."""

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import StatisticsPublished

from b40_solidarity.matcher.hears import hears
from b40_solidarity.matcher.store import statistics as store


@hears.each(StatisticsPublished)
async def keep_statistics(heard: Heard[StatisticsPublished], work: Work) -> None:
    """What was published is all that pages and open data are made of."""
    await store.publish(work.connection, heard.event)
