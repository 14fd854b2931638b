"""Business time is the last tick's, and a wave of events shares it (design 5.4)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from b40_chassis import ticks
from b40_chassis.hears import Connection

from tests.chassis.library import Switches, library
from tests.support.databases import migrated_database, taken_back

NINE = datetime(2022, 6, 20, 9, tzinfo=UTC)
JULY = datetime(2022, 7, 1, tzinfo=UTC)
MIGRATIONS = library(Switches()).migrations
MILLISECOND = timedelta(milliseconds=1)


def appended(*moments: datetime) -> list[Any]:
    return [SimpleNamespace(appended=moment) for moment in moments]


async def noted(connection: Connection, moment: datetime, now: datetime) -> None:
    await ticks.note(connection, [SimpleNamespace(appended=moment, event=SimpleNamespace(now=now))])  # type: ignore[list-item]


async def times(connection: Connection, moments: Sequence[datetime]) -> list[datetime]:
    found = await ticks.business_times(connection, appended(*moments))
    return [found[moment] for moment in moments]


async def test_an_event_has_the_time_of_the_last_tick_appended_before_it(postgres: str) -> None:
    async with migrated_database(postgres, MIGRATIONS) as pool, taken_back(pool) as connection:
        await noted(connection, NINE, JULY)
        await noted(connection, NINE + 2 * MILLISECOND, JULY + timedelta(days=1))
        moments = [NINE, NINE + MILLISECOND, NINE + 2 * MILLISECOND, NINE + timedelta(hours=1)]
        assert await times(connection, moments) == [JULY, JULY, JULY + timedelta(days=1), JULY + timedelta(days=1)]


async def test_before_the_first_tick_the_events_of_a_second_share_a_time(postgres: str) -> None:
    """Breaks if each has its own: a batch handler is then called for every millisecond, which costs most at 1,000/s."""
    async with migrated_database(postgres, MIGRATIONS) as pool, taken_back(pool) as connection:
        moments = [NINE + n * MILLISECOND for n in (0, 1, 999, 1_000)]
        assert await times(connection, moments) == [NINE, NINE, NINE, NINE + timedelta(seconds=1)]
