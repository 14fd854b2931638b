"""What is there at the end: whether the books of the three apps agree, and what waits, is carried, went wrong."""

from collections.abc import Mapping
from typing import Any

import asyncpg

from tests.benchmarks.solidarity.site import APPS, GIFTS, MATCHER, NEEDS, Site

NOTHING = ("dead", "due_aside", "refused", "waiting")
"""Of these a replay leaves none."""

Book = Mapping[str, int]


class Wrong(Exception):
    """The apps did something else than the work."""


async def books(site: Site) -> dict[str, dict[str, dict[str, int]]]:
    """The books of each app, by currency."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for app in APPS:
        rows = await site.databases[app].fetch("SELECT * FROM book ORDER BY currency")
        found[app] = {row["currency"]: _amounts(row) for row in rows}
    return found


def disagreements(found: Mapping[str, Mapping[str, Book]]) -> list[str]:
    """Where the books of two apps differ, by currency; none if they agree."""
    wrong = []
    for currency in sorted({currency for book in found.values() for currency in book}):
        needs, gifts, matcher = (found[app].get(currency, {}) for app in (NEEDS, GIFTS, MATCHER))
        spent = sum(matcher.get(name, 0) for name in ("carried", "ordered", "settled"))
        for what, mine, theirs in (
            ("gifts", gifts.get("gifts", 0), matcher.get("gifts", 0)),
            ("waiting gifts", gifts.get("waiting", 0), matcher.get("waiting", 0)),
            ("spent", gifts.get("spent", 0), spent),
            ("ordered", needs.get("ordered", 0), matcher.get("ordered", 0)),
            ("settled", needs.get("settled", 0), matcher.get("settled", 0)),
        ):
            if mine != theirs:
                wrong.append(f"{currency}: {what} {mine} on the side, {theirs} in the matcher's books")
    return wrong


async def check(site: Site, supports: int) -> dict[str, Any]:
    """The end of a replay. Raises Wrong if anything was lost, refused or set aside, or the books differ."""
    found = await books(site)
    wrong = disagreements(found)
    for app in APPS:
        status = await site.status(app)
        wrong += [f"{app}: {status[what]} {what}" for what in NOTHING if status[what]]
    counted = await site.databases[NEEDS].fetch(
        "SELECT state, count(*) AS needs FROM need WHERE part_of IS NULL GROUP BY state"
    )
    states = {row["state"]: row["needs"] for row in counted}
    early = await site.databases[NEEDS].fetchval("SELECT count(*) FROM early_bill")
    if sum(states.values()) + early != supports:
        wrong.append(f"{supports} supports were asked for, {states} and {early} early bills are known")
    if wrong:
        raise Wrong("; ".join(wrong))
    records = await site.databases[MATCHER].fetchval("SELECT count(*) FROM record")
    batches = await site.databases[MATCHER].fetchval("SELECT count(*) FROM batch")
    carried = {currency: book["carried"] for currency, book in found[MATCHER].items()}
    return {"books": found, "needs": states, "carried_minor": carried, "records": records, "batches": batches}


def _amounts(row: asyncpg.Record) -> dict[str, int]:
    return {name: amount for name, amount in row.items() if name != "currency"}
