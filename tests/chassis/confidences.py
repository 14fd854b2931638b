"""A small app for tests of what sealed topics may not show: it hints at secrets on an open topic."""

from pathlib import Path

from b40_chassis.application import Application
from b40_chassis.hears import Heard, Hears
from b40_chassis.tasks import Done, Task, Tasks
from b40_chassis.work import Work
from b40_contracts.event import Event
from b40_contracts.platform import refusals
from b40_contracts.topic import Kind, Topic, from_beginning, from_now
from pydantic import Field

from tests.chassis.library import CLOCK


class SecretReported(Event):
    """Somebody confided something."""

    type = "org.b40.library.secret.reported.v1"
    key = "keeper"
    keeper: str = Field(description="Who keeps it.")
    secret: str = Field(description="What it is.")


class SecretHinted(Event):
    """Somebody keeps a secret, everybody hears."""

    type = "org.b40.library.secret.hinted.v1"
    key = "keeper"
    keeper: str = Field(description="Who keeps it.")


INTAKE = Topic(
    name="library-confidences",
    kind=Kind.INTAKE,
    description="Confided.",
    events=(SecretReported,),
    producer="integrators",
    consumers=from_beginning("library"),
    sealed=True,
)
HINTS = Topic(
    name="library-hints",
    kind=Kind.FACTS,
    description="Hinted at.",
    events=(SecretHinted,),
    producer="library",
    consumers=from_now("reader"),
)


class Whisper(Task):
    """Hint at it again, outside."""

    name = "whisper"
    keeper: str


def confidant() -> Application:
    """The app: it hints once when it is told, and once when it has whispered."""
    hears, tasks = Hears("library"), Tasks()

    @hears.each(SecretReported)
    async def keep(heard: Heard[SecretReported], work: Work) -> None:
        work.announce(SecretHinted(keeper=heard.event.keeper), cause=heard)
        work.assign(Whisper(keeper=heard.event.keeper), cause=heard)

    @tasks.performs(Whisper)
    async def whisper(task: Whisper) -> str:
        return task.keeper

    @tasks.finishes(Whisper)
    async def whispered(done: Done[Whisper, str], work: Work) -> None:
        work.announce(SecretHinted(keeper=done.result), cause=done)

    return Application(
        name="library",
        topics=(INTAKE, HINTS, CLOCK, refusals("library", sealed=True)),
        hears=hears,
        migrations=Path(__file__).parent / "library_migrations",
        tasks=tasks,
    )
