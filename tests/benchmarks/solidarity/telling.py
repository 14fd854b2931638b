"""The tables that a run prints."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from tests.benchmarks.solidarity.peak import Peaked
from tests.benchmarks.solidarity.replay import REPLAY, Replayed, Year
from tests.benchmarks.solidarity.watching import INTAKES


def show_replay(console: Console, replayed: Replayed) -> None:
    """Years, then what came out at the end."""
    console.print(_years(replayed))
    console.print(_spent(replayed))
    first, last = replayed.years[0], replayed.years[-1]
    if first is not last:
        console.print(
            f"last year against the first: {last.reading.per_second / (first.reading.per_second or 1):.2f} while intake"
            f" waited, {last.per_second / first.per_second:.2f} in all"
        )
    waited, end = replayed.waited_days, replayed.end
    console.print(f"needs waited, in days: {_listed(waited, 1)}")
    console.print(
        f"of {replayed.supports:,} supports: {end['needs']}; {end['batches']} batches, {end['records']} records"
    )
    console.print(f"carried at the end, minor units: {_listed(end['carried_minor'], 0)}")
    console.print(f"most memory, MB: {_listed(replayed.megabytes_max, 0)}")
    console.print(f"billers of the replay: {replayed.billers_microseconds:.1f} µs of CPU time a line")
    console.print("the books of the three apps agree")


def _listed(figures: Mapping[str, float], digits: int) -> str:
    return ", ".join(f"{name} {value:,.{digits}f}" for name, value in figures.items())


def _years(replayed: Replayed) -> Table:
    wanted = replayed.wanted
    title = f"{wanted.days / 365.25:.2f} years at a share of {wanted.share:g}, a batch hour each {wanted.every} days"
    table = Table(title=title)
    for column in ("year", "supports", "facts", "seconds", "facts/s while intake waited", *INTAKES, "facts/s in all"):
        table.add_column(column, justify="right")
    for year in replayed.years:
        apart = [f"{year.reading.per_second_of(app):,.0f}" for app in INTAKES]
        table.add_row(
            str(year.number), f"{year.supports:,}", f"{year.facts:,}", f"{year.seconds:.0f}",
            f"{year.reading.per_second:,.0f}", *apart, f"{year.per_second:,.0f}",
        )  # fmt: skip
    return table


def _spent(replayed: Replayed) -> Table:
    table = Table(title="CPU time per fact in microseconds, by process")
    names = list(replayed.years[0].spent)
    for column in ("year", *names, "sum but for the replay's own"):
        table.add_column(column, justify="right")
    for year in replayed.years:
        table.add_row(str(year.number), *(f"{year.microseconds[name]:.0f}" for name in names), f"{_own(year):.0f}")
    return table


def _own(year: Year) -> float:
    return sum(each for name, each in year.microseconds.items() if name != REPLAY)


def show_peak(console: Console, peak: Peaked) -> None:
    """What became of the peak."""
    console.print(f"attestations before it, on the intake itself: {peak.attestations_per_second:,.0f}/s")
    console.print(f"{peak.needs:,} needs and as many gifts in {peak.sent_seconds:.1f} s, {peak.batch} a request")
    for app, latency in peak.latency_ms.items():
        console.print(f"intake of {app}, from when a request was due to its 202, ms: {_listed(latency, 1)}")
    behind = f"{peak.behind_seconds:.1f} s after the last answer"
    console.print(f"all handled {peak.handled_seconds:.1f} s after the first request, {behind}")
    refused = f"{peak.refused:,} refused ({_listed(peak.reasons, 0)})"
    console.print(f"{peak.opened:,} needs opened, {refused}, {peak.gifts:,} gifts opened; none lost, none twice")
