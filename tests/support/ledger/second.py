"""The ledger's next version: a column more, an optional field more, what is booked said in a second version first.

``python -m tests.support.ledger.second`` runs it as a process, on the database and the topics of the first one.
"""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from b40_chassis.application import Application
from b40_chassis.hears import Heard, Hears
from b40_chassis.process import main
from b40_chassis.work import Work
from pydantic import Field

from tests.support.ledger.app import MIGRATIONS, booked, enter
from tests.support.ledger.facts import BOOKS, INTAKE, TOPICS, TransferBooked, TransferReported

WIDER = "ALTER TABLE transfer ADD COLUMN purpose text; ALTER TABLE balance ADD COLUMN limited bigint DEFAULT 0 NOT NULL"


class TransferReportedWider(TransferReported):
    """Money was given by an account to another; it is booked. The sender may say what for."""

    type = TransferReported.type
    purpose: str | None = Field(default=None, description="What the money was given for, in the sender's words.")


class TransferSaid(TransferReportedWider):
    """As a sender says it who knows the next version already."""

    type = TransferReported.type
    purpose: str | None = Field(default="rent", description="What the money was given for, in the sender's words.")


class TransferBookedSecond(TransferBooked):
    """A transfer stands in the books."""

    type = "org.b40.ledger.transfer.booked.v2"
    purpose: str | None = Field(description="What the money was given for.")


def next_ledger(migrations: Path) -> Application:
    """The app; its migrations are written into this folder."""
    shutil.copytree(MIGRATIONS, migrations, dirs_exist_ok=True)
    (migrations / "0002_wider.sql").write_text(WIDER)
    hears = Hears("ledger")
    hears.batch(TransferReportedWider, many_per_key=True)(_book)
    changed = {
        INTAKE.name: replace(INTAKE, events=(TransferReportedWider,)),
        BOOKS.name: replace(BOOKS, events=(TransferBookedSecond, TransferBooked)),
    }
    topics = [changed.get(topic.name, topic) for topic in TOPICS]
    return Application(name="ledger", topics=topics, hears=hears, migrations=migrations)


async def _book(heard: Sequence[Heard[TransferReportedWider]], work: Work) -> None:
    await enter(work.connection, [each.event for each in heard])
    await work.connection.executemany(
        "UPDATE transfer SET purpose = $3 WHERE account = $1 AND number = $2",
        [(each.event.account, each.event.number, each.event.purpose) for each in heard],
    )
    for each in heard:
        first = booked(each.event)
        work.announce(TransferBookedSecond(**dict(first), purpose=each.event.purpose), cause=each)
        work.announce(first, cause=each)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="b40-second-") as folder:
        main(next_ledger(Path(folder)))
