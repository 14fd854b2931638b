"""Stops of tours."""

from collections.abc import Sequence
from datetime import datetime

from asyncpg import Record
from b40_chassis.hears import Connection
from b40_contracts.events import Act, Window

from b40_events.stop import Status, Stop


async def of_tour(connection: Connection, tour: str) -> dict[str, Stop]:
    """All stops of a tour by city, locked."""
    rows = await connection.fetch("SELECT * FROM stop WHERE tour = $1 ORDER BY city FOR UPDATE", tour)
    return {row["city"]: _stop(row) for row in rows}


async def tours_of_city(connection: Connection, city: str, statuses: Sequence[Status]) -> list[str]:
    """The tours of which a city is a stop in one of some statuses, in order."""
    rows = await connection.fetch(
        "SELECT tour FROM stop WHERE city = $1 AND status = ANY($2) ORDER BY tour", city, list(statuses)
    )
    return [row["tour"] for row in rows]


async def find(connection: Connection, tour: str, city: str) -> Stop | None:
    """One stop, locked, or None."""
    row = await connection.fetchrow("SELECT * FROM stop WHERE tour = $1 AND city = $2 FOR UPDATE", tour, city)
    return None if row is None else _stop(row)


async def invite(connection: Connection, tour: str, cities: Sequence[str]) -> list[str]:
    """Enter cities as invited. Returns those that were not stops already, in the given order."""
    rows = await connection.fetch(
        """INSERT INTO stop (tour, city, status) SELECT $1, city, 'invited' FROM unnest($2::text[]) AS city
           ON CONFLICT DO NOTHING RETURNING city""",
        tour,
        list(cities),
    )
    entered = {row["city"] for row in rows}
    return [city for city in cities if city in entered]


async def keep(connection: Connection, stops: Sequence[Stop]) -> None:
    """Enter stops as they are now. Days are freed before they are given, so that two stops can change theirs."""
    await connection.executemany(
        """UPDATE stop SET status = 'confirmed', "on" = NULL WHERE tour = $1 AND city = $2 AND status = 'dated'""",
        [(stop.tour, stop.city) for stop in stops],
    )
    await connection.executemany(
        """INSERT INTO stop (tour, city, status, windows, "on", why, acts, asked_again)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (tour, city) DO UPDATE SET status = excluded.status, windows = excluded.windows,
             "on" = excluded."on", why = excluded.why, acts = excluded.acts, asked_again = excluded.asked_again""",
        [
            (
                stop.tour,
                stop.city,
                stop.status,
                [window.model_dump(mode="json") for window in stop.windows],
                stop.on,
                stop.why,
                [act.model_dump(mode="json") for act in stop.acts],
                stop.asked_again,
            )
            for stop in stops
        ],
    )


async def played(connection: Connection, tour: str, city: str, visitors: int | None) -> None:
    """Note that the concert of a stop took place."""
    await connection.execute(
        "UPDATE stop SET status = 'played', visitors = $3, line_up_check = NULL WHERE tour = $1 AND city = $2",
        tour,
        city,
        visitors,
    )


async def check_line_up_at(connection: Connection, tour: str, city: str, at: datetime | None) -> None:
    """Set when the line-up of a stop is to be looked at; None: not any more."""
    await connection.execute("UPDATE stop SET line_up_check = $3 WHERE tour = $1 AND city = $2", tour, city, at)


async def line_ups_due(connection: Connection, now: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
    """Stops whose line-up is to be looked at by now, as ``<tour>/<city>``; oldest first."""
    rows = await connection.fetch(
        """SELECT tour || '/' || city AS subject, line_up_check FROM stop WHERE line_up_check <= $1
           ORDER BY line_up_check, subject LIMIT $2""",
        now,
        limit,
    )
    return [(row["subject"], row["line_up_check"]) for row in rows]


async def show(connection: Connection, tour: str) -> list[Record]:
    """All stops of a tour, the dated ones first, in order of their days."""
    return await connection.fetch('SELECT * FROM stop WHERE tour = $1 ORDER BY "on" NULLS LAST, city', tour)


def _stop(row: Record) -> Stop:
    return Stop(
        tour=row["tour"],
        city=row["city"],
        status=Status(row["status"]),
        windows=tuple(Window.model_validate(window) for window in row["windows"]),
        on=row["on"],
        why=row["why"],
        acts=tuple(Act.model_validate(act) for act in row["acts"]),
        asked_again=row["asked_again"],
    )
