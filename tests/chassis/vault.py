"""A small app whose intake is sealed: what it cannot keep becomes a dead letter, and it forgets keepers."""

from pathlib import Path
from uuid import UUID

from b40_chassis.application import Application
from b40_chassis.hears import Heard, Hears
from b40_chassis.work import Work
from b40_contracts.event import Event
from b40_contracts.platform import break_glass, refusals
from b40_contracts.topic import Kind, Topic, from_beginning
from pydantic import Field

from tests.chassis.library import CLOCK


class SecretReported(Event):
    """Somebody confided something."""

    type = "org.b40.library.secret.reported.v1"
    key = "shelf"
    shelf: str = Field(description="Where it is kept.")
    keeper: UUID = Field(description="Who keeps it.")
    secret: str = Field(description="What it is.")


class KeeperErased(Event):
    """A keeper is to be forgotten."""

    type = "org.b40.library.keeper.erased.v1"
    key = "keeper"
    keeper: UUID = Field(description="Who.")


INTAKE = Topic(
    name="library-confidences", kind=Kind.INTAKE, description="Confided.", events=(SecretReported, KeeperErased),
    producer="integrators", consumers=from_beginning("library"), sealed=True,
)  # fmt: skip


def vault(kept: list[str]) -> Application:
    hears = Hears("library")

    @hears.each(SecretReported)
    async def keep(heard: Heard[SecretReported], _work: Work) -> None:
        if heard.event.secret == "too much":
            raise RuntimeError("cannot keep it")
        kept.append(heard.event.secret)

    @hears.each(KeeperErased)
    async def forget(heard: Heard[KeeperErased], work: Work) -> None:
        work.erase(heard.event.keeper)

    return Application(
        name="library",
        topics=(INTAKE, CLOCK, refusals("library", sealed=True), break_glass("library")),
        hears=hears,
        migrations=Path(__file__).parent / "library_migrations",
    )
