"""``b40 observation``: what Prometheus and Grafana read."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

console = Console()
observation = typer.Typer(no_args_is_help=True, help="What Prometheus asks and alarms of, and what Grafana shows.")


def add_to(app: typer.Typer) -> None:
    """Add these commands to ``b40``."""
    app.add_typer(observation, name="observation")


@observation.command()
def generate(
    folder: Annotated[Path, typer.Argument(help="Where the files lie.")] = Path("infra/observation"),
) -> None:
    """Write Prometheus' settings, alarms and Grafana's dashboards, as the catalogues have them."""
    from b40_infra.observation import generate as generating

    new = generating.documents()
    generating.write(folder, new)
    console.print(f"{len(new)} files in {folder}", highlight=False, soft_wrap=True)
