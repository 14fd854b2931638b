"""What a run showed, as a table for a terminal."""

from collections import Counter

from rich.console import Console
from rich.table import Table

from tests.chaos.inputs import Kind
from tests.chaos.plan import SECONDS
from tests.chaos.run import Options, Outcome

TOLD_MAX = 8
SETTLED_WELL_SECONDS = 5.0
ROWS = {
    "lost": ("acknowledged, not in the log", "lost", "not announced", "not refused", "not set aside"),
    "doubled": ("doubled", "announced twice", "booked, not given", "announced, not booked", "refused wrongly"),
    "reordered": ("reordered", "announced out of order"),
    "unaccounted": ("unaccounted", "set aside wrongly", "out of balance", "left", "not settled"),
}
"""Rows of the table, and the findings that each counts."""


def command(options: Options) -> str:
    """What to type to have the same again."""
    settings = {"SEED": options.seed, "SECONDS": options.seconds, "COPIES": options.copies, "RATE": options.rate}
    narrowed = f" FAULTS={','.join(sorted(options.faults))}" if options.faults != frozenset(SECONDS) else ""
    return " ".join(["make chaos", *(f"{name}={value:g}" for name, value in settings.items())]) + narrowed


def show(options: Options, outcome: Outcome, console: Console) -> None:
    """Print the table, what is wrong, and how to have it again."""
    table = Table(title=f"Chaos, seed {options.seed}", title_justify="left", title_style="bold")
    table.add_column("what")
    table.add_column("how much", justify="right")
    table.add_column("of which")
    others = Counter({kind: number for kind, number in outcome.items.items() if kind != Kind.TRANSFER})
    table.add_row("events", f"{sum(outcome.items.values()):,}", _listed(others))
    table.add_row("faults", str(sum(outcome.struck.values())), _listed(outcome.struck))
    table.add_row("faults left out", str(sum(outcome.left_out.values())), _listed(outcome.left_out))
    table.add_row("restarts of copies", str(outcome.restarts), "")
    table.add_row("replayed", str(outcome.replayed), "dead letters whose replay was applied")
    table.add_section()
    for row, counted in ROWS.items():
        wrong = Counter({name: len(outcome.findings[name]) for name in counted if name in outcome.findings})
        number = sum(wrong.values())
        table.add_row(row, f"[{'red' if number else 'green'}]{number}[/]", _listed(wrong))
    table.add_section()
    table.add_row("time to settle", _seconds(outcome.settled_seconds), "after the last fault")
    table.add_row("longest stall", f"{outcome.stalled_seconds:.1f} s", f"from second {outcome.stalled_at:.0f} on")
    console.print(table)
    for name, which in outcome.findings.items():
        more = f" and {len(which) - TOLD_MAX} more" if len(which) > TOLD_MAX else ""
        console.print(f"{name}: {'; '.join(which[:TOLD_MAX])}{more}", style="red", markup=False)
    console.print("All is well." if outcome.well else "Not all is well.", style="bold")
    console.print(f"Again: {command(options)}", markup=False, soft_wrap=True)


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "[red]never[/]"
    return f"[{'green' if seconds <= SETTLED_WELL_SECONDS else 'yellow'}]{seconds:.1f} s[/]"


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counted.items()))
