"""What must hold at the end of a season, checked from outside; each fault is a sentence for a person."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from b40_infra.local import catcher
from b40_infra.report import Counts, Report
from b40_infra.season_input import Line
from b40_infra.season_publish import Integrator
from b40_infra.season_read import Announcements

LEFT_OVER = ("outbox", "tasks", "waiting", "released", "due_aside", "unsendable")
ENDED_WELL = ("applied", "refused")
TOLD_MAX = 5
ASKED_AT_ONCE = 16


def counts(statuses: Mapping[str, Mapping[str, Any]], published: int) -> Counts:
    """Sums over what all apps say of themselves."""
    return Counts(
        published=published,
        duplicates_dropped=sum(status["duplicates"] for status in statuses.values()),
        dead=sum(status["dead"] for status in statuses.values()),
        unprocessed=sum(status[name] for status in statuses.values() for name in LEFT_OVER),
    )


async def faults(
    lines: Sequence[Line],
    integrator: Integrator,
    announced: Announcements,
    report: Report,
    mails: catcher.Counts,
    *,
    killed: bool,
) -> list[str]:
    """What was lost, doubled or left; empty if all is well.

    A process that is ``killed`` between what it sent and its note of that sends it again, the same under the same id.
    """
    return [
        *await _lost(lines, integrator),
        *_doubled(announced, killed=killed),
        *_left(report["events"]),
        *_mail_faults(report["notices"], mails),
        *_unbalanced(report["solidarity"]),
    ]


async def _lost(lines: Sequence[Line], integrator: Integrator) -> list[str]:
    """Published events that were neither applied nor refused, as their senders are told."""
    one_of = asyncio.Semaphore(ASKED_AT_ONCE)

    async def fate(line: Line) -> str:
        async with one_of:
            path = f"/intake/{quote(line.event.source, safe='')}/{quote(line.event.id, safe='')}"
            answer: dict[str, Any] = (await integrator.call("GET", line.app, path)).json()
            return str(answer.get("state", answer.get("detail", "unknown")))

    fates = await asyncio.gather(*map(fate, lines))
    lost = [f"{line.place} ({line.event.id}): {fate}" for line, fate in zip(lines, fates, strict=True)
            if fate not in ENDED_WELL]  # fmt: skip
    return _told("published, but neither applied nor refused", lost)


def _doubled(announced: Announcements, *, killed: bool) -> list[str]:
    return [
        *_told("announced twice", [f"{one.topic.name} {one.id}" for one in announced.doubled if not killed]),
        *_told("announced again with other content", [f"{one.topic.name} {one.id}" for one in announced.altered]),
    ]


def _left(events: Report) -> Iterator[str]:
    if events["dead"]:
        yield f"{events['dead']} events are set aside as dead letters: b40 dead-letters list"
    if events["unprocessed"]:
        yield f"{events['unprocessed']} events or tasks are left unprocessed: b40 status"


def _mail_faults(notices: Report, mails: catcher.Counts) -> Iterator[str]:
    sent = notices["sent"] + notices["digests"]
    if mails.kept != sent:
        yield f"{sent} notices and digests are announced as delivered, and {mails.kept} mails were caught"


def _unbalanced(solidarity: Report) -> Iterator[str]:
    for currency, book in solidarity.items():
        if not isinstance(book, dict):
            continue
        parts = sum(amount for name, amount in book.items() if name != "gifts_minor")
        if parts != book["gifts_minor"]:
            yield f"the books in {currency} do not balance: gifts {book['gifts_minor']}, all else {parts}"


def _told(what: str, found: Sequence[str]) -> list[str]:
    if not found:
        return []
    more = f" and {len(found) - TOLD_MAX} more" if len(found) > TOLD_MAX else ""
    return [f"{len(found)} {what}: {'; '.join(found[:TOLD_MAX])}{more}"]
