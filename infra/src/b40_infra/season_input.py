"""The input of a season: files of CloudEvents, one a line, in order of the moments at which they are published."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

from b40_contracts.cloudevents import CloudEvent, describe
from b40_contracts.solidarity import NEEDS_INTAKE, OrderAnswerReported, OrderLine
from b40_contracts.topic import Topic

from b40_infra import publish
from b40_infra.errors import Trouble

EVENT_FILES = ("facts.jsonl", "assumptions.jsonl")
RECIPIENTS_FILE = "recipients.jsonl"
BILLERS_FILE = "billers.json"
CITIES_FILE = "cities.csv"


@dataclass(frozen=True, slots=True)
class Line:
    """One event of the input, the file and line it stands on, and the intake that takes its type."""

    place: str
    event: CloudEvent
    intake: Topic

    @property
    def time(self) -> datetime:
        """When it happened; an event of a season always says so."""
        assert self.event.time is not None, "checked when the line was read"
        return self.event.time

    @property
    def app(self) -> str:
        """The app that hears it."""
        return self.intake.consumers[0].app


@dataclass(frozen=True, slots=True)
class Answers:
    """What billers answer: the CloudEvents source of each, and until when they do not accept which bills."""

    sources: Mapping[str, str]
    rejected_until: Mapping[str, date]

    def to(self, order: UUID, biller: str, lines: Sequence[OrderLine], now: datetime) -> Line:
        """The answer to an order of these lines, as it is published."""
        answer = OrderAnswerReported(
            order=order,
            biller=biller,
            rejected=tuple(
                line.line for line in lines if now.date() <= self.rejected_until.get(line.reference, date.min)
            ),
        )
        event = describe(answer, id=f"answer-{order}", source=self.sources[biller], time=now)
        return Line(f"the answer of {biller}", event, NEEDS_INTAKE)


@dataclass(frozen=True, slots=True)
class Season:
    """A season: its first and last day, its events in order of time, who is to be told, what billers answer."""

    folder: Path
    first: date
    last: date
    lines: Sequence[Line]
    recipients: Sequence[dict[str, Any]]
    answers: Answers

    @property
    def year(self) -> str:
        """Its name, as the folder is called."""
        return self.folder.name

    def days(self) -> list[date]:
        """Every day, from the first to the last."""
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    def moments(self, day: date) -> list[list[Line]]:
        """What is published on a day, one list per moment; what is older than the season comes on its first day."""
        of_day = [line for line in self.lines if self._published_on(line) == day]
        return [list(together) for _, together in groupby(of_day, key=lambda line: line.time)]

    def _published_on(self, line: Line) -> date:
        return max(self.first, line.time.date())


def season(folder: Path, first: date, last: date) -> Season:
    """Read a season. Raises Trouble naming file and line for what is missing or cannot be published."""
    lines = [line for name in EVENT_FILES for line in _lines(folder / name)]
    late = next((line for line in lines if line.time.date() > last), None)
    if late is not None:
        raise Trouble(f"{late.place}: {late.time:%d %B %Y} is after the season's last day")
    document = _json(folder / BILLERS_FILE)
    until = {reference: date.fromisoformat(day) for reference, day in document["rejected_until"].items()}
    answers = Answers(document["billers"], until)
    return Season(
        folder, first, last, sorted(lines, key=lambda line: line.time), _json(folder / RECIPIENTS_FILE), answers
    )


def city_names(folder: Path) -> dict[str, str]:
    """The English name of each city of ``cities.csv``, by code."""
    with (folder / CITIES_FILE).open(encoding="utf-8", newline="") as rows:
        return {row["code"]: row["name"] for row in csv.DictReader(rows)}


def _lines(path: Path) -> list[Line]:
    lines = [Line(found.where, found.event, found.topic) for found in publish.load(path)]
    timeless = next((line for line in lines if line.event.time is None), None)
    if timeless is not None:
        raise Trouble(f"{timeless.place}: an event of a season has a time")
    return lines


def _json(path: Path) -> Any:
    try:
        text = path.read_text("utf-8")
        return [json.loads(line) for line in text.splitlines()] if path.suffix == ".jsonl" else json.loads(text)
    except (OSError, ValueError) as error:
        raise Trouble(f"the season's input cannot be read: {path.name}: {error}") from None
