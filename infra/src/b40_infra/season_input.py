"""The input of a season: files of CloudEvents, one a line, in order of the moments at which they are published."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from b40_contracts import catalogue
from b40_contracts.cloudevents import CloudEvent, Malformed, describe, from_structured, read
from b40_contracts.solidarity import NEEDS_INTAKE, OrderAnswerReported, OrderPlaced
from b40_contracts.topic import Kind, Topic

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
    """What billers answer: the CloudEvents source of each, and the references of bills that they do not accept."""

    sources: Mapping[str, str]
    rejected: frozenset[str]

    def to(self, order: OrderPlaced, now: datetime) -> Line:
        """The answer to an order, as it is published."""
        answer = OrderAnswerReported(
            order=order.order,
            biller=order.biller,
            rejected=tuple(line.line for line in order.lines if line.reference in self.rejected),
        )
        event = describe(answer, id=f"answer-{order.order}", source=self.sources[order.biller], time=now)
        return Line(f"the answer of {order.biller}", event, NEEDS_INTAKE)


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
    recipients = [json.loads(text) for _, text in _texts(folder / RECIPIENTS_FILE)]
    document = json.loads((folder / BILLERS_FILE).read_text("utf-8"))
    answers = Answers(document["billers"], frozenset(document["rejected"]))
    return Season(folder, first, last, sorted(lines, key=lambda line: line.time), recipients, answers)


def city_names(folder: Path) -> dict[str, str]:
    """The English name of each city of ``cities.csv``, by code."""
    with (folder / CITIES_FILE).open(encoding="utf-8", newline="") as rows:
        return {row["code"]: row["name"] for row in csv.DictReader(rows)}


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    try:
        texts = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise Trouble(f"the season's input cannot be read: {error}") from None
    return ((f"{path.name}:{number}", text) for number, text in enumerate(texts, 1) if text.strip())


def _lines(path: Path) -> Iterable[Line]:
    intakes = {event.type: topic for topic in catalogue.TOPICS if topic.kind is Kind.INTAKE for event in topic.events}
    types = catalogue.types()
    for place, text in _texts(path):
        try:
            event = from_structured(text.encode())
            read(event, types)
        except Malformed as error:
            raise Trouble(f"{place}: {error}") from None
        if event.time is None or event.type not in intakes:
            raise Trouble(f"{place}: an event of a season has a time, and a type that some intake takes")
        yield Line(place, event, intakes[event.type])
