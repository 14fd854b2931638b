"""A season, replayed: the platform on a clean folder, the season's events as integrators publish them, a day a tick.

``b40 season`` calls :func:`run`. It ends with the report, printed and written, and with the faults that were found.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from b40_infra import report_tables, season_checks, season_input
from b40_infra.local import catcher
from b40_infra.local.platform import Platform
from b40_infra.report import Report, compose
from b40_infra.season_api import read_back
from b40_infra.season_billers import Billers
from b40_infra.season_input import Line, Season
from b40_infra.season_publish import Integrator
from b40_infra.season_read import Announcements, announcements
from b40_infra.ways import Ways

SEASONS = {"2022": (date(2022, 6, 20), date(2022, 10, 23))}
INPUT = Path(__file__).parents[2] / "seasons"
QUIET_SECONDS_MAX = 60.0
START_OF_DAY = time_of_day(0)
BILLERS_ANSWER_AT = time_of_day(18)


class Running(Protocol):
    """A platform that runs, wherever it does."""

    @property
    def ways(self) -> Ways:
        """How it is reached."""

    @property
    def keys_of_topics(self) -> Path:
        """The folder with the keys of sealed topics."""

    @property
    def names(self) -> Sequence[str]:
        """Names of what may be killed."""

    async def quiet(self, seconds_max: float) -> None:
        """Return when nothing is left to do. Raises Trouble."""

    async def statuses(self) -> dict[str, dict[str, Any]]:
        """What every app says of itself."""

    async def mails(self) -> catcher.Counts:
        """What came to the mail server."""

    async def kill(self, name: str) -> None:
        """Kill one; return when it is ready again."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a season is to run: everything published ``twice``, each process killed (``kill``) once in turn."""

    year: str = "2022"
    folder: Path = Path(".b40/season-2022")
    twice: bool = False
    kill: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a season: the report, what was announced, and the faults, each in a sentence."""

    report: Report
    announced: Announcements
    faults: Sequence[str]
    seconds: float


async def run(options: Options, console: Console | None = None) -> int:
    """Run a season, print and write its report. Returns the exit code: 0 if nothing was lost, doubled or left."""
    console = console or Console()
    season = load(options.year)
    outcome = await replay(season, options, console)
    path = options.folder / "report.json"
    path.write_text(json.dumps(outcome.report, indent=2, ensure_ascii=False) + "\n", "utf-8")
    report_tables.show(outcome.report, outcome.announced, season_input.city_names(season.folder), console)
    console.print(f"\nReport: {path}   Mails: {options.folder / 'mail'}   Took {outcome.seconds:.0f} s")
    for fault in outcome.faults:
        console.print(f"[bold red]✗[/] {fault}", highlight=False)
    if not outcome.faults:
        console.print("[bold green]✓[/] nothing lost, nothing doubled, nothing left unprocessed; the books balance")
    return 1 if outcome.faults else 0


def load(year: str) -> Season:
    """The input of a season that is kept in the repository. Raises Trouble if it cannot be read."""
    first, last = SEASONS[year]
    return season_input.season(INPUT / year, first, last)


async def replay(season: Season, options: Options, console: Console) -> Outcome:
    """Start the platform, let the season pass, read back what came out, stop the platform."""
    began = time.monotonic()
    async with Platform(options.folder, fresh=True, told=lambda what: console.print(f"  {what}")) as platform:
        outcome = await replay_on(platform, season, options, console)
    return replace(outcome, seconds=time.monotonic() - began)


async def replay_on(platform: Running, season: Season, options: Options, console: Console) -> Outcome:
    """Let the season pass on a platform that has no data and no clock, and read back what came out."""
    began = time.monotonic()
    billers = Billers(platform.ways.biller, platform.keys_of_topics, season.answers)
    async with Integrator(platform.ways) as integrator, billers:
        passing = Passing(season, options, platform, integrator, billers)
        await passing.all_days(console)
        announced = await announcements(platform.ways.reader)
        statuses = await platform.statuses()
        counts = season_checks.counts(statuses, integrator.published)
        asked = await read_back(integrator, platform.ways, (season.first, season.last))
        report = compose(announced, asked, counts)
        mails = await platform.mails()
        faults = await season_checks.faults(passing.lines, integrator, announced, report, mails, killed=options.kill)
    return Outcome(report, announced, faults, time.monotonic() - began)


@dataclass(slots=True)
class Passing:
    """A season while it passes; ``lines`` is all that was published so far, each line once."""

    season: Season
    options: Options
    platform: Running
    integrator: Integrator
    billers: Billers
    lines: list[Line] = field(default_factory=list)

    async def all_days(self, console: Console) -> None:
        """Every day of the season, and one tick after it, so that all that was due is done."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        kills = kills_of(self.season, self.platform.names) if self.options.kill else {}
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("", total=len(self.season.days()))
            for day in self.season.days():
                progress.update(task, description=f"{day:%d %B %Y}")
                await self._day(day, kills.get(day))
                progress.advance(task)
            await self._tick(self.season.last + timedelta(days=1))

    async def _day(self, day: date, killed: str | None) -> None:
        await self._tick(day)
        if day == self.season.first:
            await self._enter_recipients()
        answers = await self.billers.answers(datetime.combine(day, BILLERS_ANSWER_AT, UTC))
        for moment in [*self.season.moments(day), answers]:
            if not moment:
                continue
            for _ in range(2 if self.options.twice else 1):
                await self.integrator.publish(moment)
            self.lines += moment
            if killed is not None:
                await self.platform.kill(killed)
                killed = None
            await self.platform.quiet(QUIET_SECONDS_MAX)

    async def _tick(self, day: date) -> None:
        await self.integrator.tick(datetime.combine(day, START_OF_DAY, UTC))
        await self.platform.quiet(QUIET_SECONDS_MAX)

    async def _enter_recipients(self) -> None:
        for recipient in self.season.recipients:
            await self.integrator.enter(recipient)
        await self.platform.quiet(QUIET_SECONDS_MAX)


def kills_of(season: Season, names: Sequence[str]) -> dict[date, str]:
    """On which day each process is killed, in turn, spread over the days on which something happens."""
    busy = [day for day in season.days() if season.moments(day)]
    return {busy[number * len(busy) // len(names)]: name for number, name in enumerate(names)}


def difference(one: Report, other: Report) -> Mapping[str, tuple[object, object]]:
    """Where two reports differ, by dotted key; publishing twice may differ in two figures only."""
    found: dict[str, tuple[object, object]] = {}
    for key in sorted({*one, *other}):
        left, right = one.get(key), other.get(key)
        if isinstance(left, dict) and isinstance(right, dict):
            found |= {f"{key}.{inner}": pair for inner, pair in difference(left, right).items()}
        elif left != right:
            found[key] = (left, right)
    return found
