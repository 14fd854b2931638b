"""An app is rewound: it hears what it used to skip, drops what it knows, and nothing is skipped or forgotten."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.failures.test_upgrade_contracts import Printed, PrintedSecond, Versions, new_stage
from tests.support.stage import Stage

PATH = "/positions/press-books/rewind"
LONG_AGO = datetime.now(UTC) - timedelta(days=36)


async def rewound(stage: Stage, where: dict[str, Any], path: str = PATH) -> tuple[int, Any]:
    """Status and answer to a rewind."""
    async with stage.operations("reader") as client:
        answer = await client.post(path, json=where)
    return answer.status_code, answer.json()


async def heard_by_the_old(versions: Versions) -> dict[str, Any]:
    """The old version hears three books and skips two, all of one partition. Returns its position."""
    await versions.run("old")
    for number in range(3):
        await versions.say(Printed(book="b", city="Novi Sad"), f"known {number}")
    for number in range(2):
        await versions.say(PrintedSecond(book="b", cities=["Pécs"]), f"skipped {number}")
    await versions.stage.quiet()
    rows = await versions.stage.query(
        "reader", "SELECT * FROM b40.position WHERE topic = 'press-books' AND next_offset > 0"
    )
    assert [row["next_offset"] for row in rows] == [5]
    return dict(rows[0])


@pytest.mark.parametrize("by", ["offset", "time"])
async def test_what_was_skipped_is_heard_and_what_is_known_is_dropped(
    kafka: str, postgres: str, tmp_path: Path, by: str
) -> None:
    """Breaks if a copy goes on where it remembers to be, if something is skipped, or if a known id counts again."""
    async with new_stage(kafka, postgres, tmp_path) as stage:
        versions = Versions(stage, tmp_path)
        begun = datetime.now(UTC)
        position = await heard_by_the_old(versions)
        await versions.run("new")
        partition = position["partition"]
        where = {"partition": partition, "to_offset": 1} if by == "offset" else {"to_time": begun.isoformat()}
        status, told = await rewound(stage, where)
        assert status == 200, told
        to = 1 if by == "offset" else 0
        assert told["partitions"] == [{"partition": partition, "from": 5, "to": to}]
        reason = await asyncio.wait_for(stage.services["reader"].died, 10)
        assert "rewind" in reason
        await versions.run("new")
        await stage.quiet()
        assert await versions.seen() == [("b", "v1")] * 3 + [("b", "v2")] * 2
        assert (await versions.status())["duplicates"] == 3 - to


@pytest.mark.parametrize(
    ("where", "status", "told"),
    [
        ({"partition": 0}, 422, "either to_offset or to_time"),
        ({"to_offset": 1}, 422, "an offset is one partition's"),
        ({"partition": 77, "to_offset": 1}, 404, "Unknown partition"),
        ({"to_time": "2022-06-20"}, 422, "to_time"),
        ({"to_time": LONG_AGO.isoformat()}, 409, "older than the memory"),
        ({"to_time": "2099-01-01T00:00:00Z"}, 409, "no position stands behind that place"),
    ],
)
async def test_what_makes_no_sense_is_told(
    kafka: str, postgres: str, tmp_path: Path, where: dict[str, Any], status: int, told: str
) -> None:
    """Breaks if a bad request moves a position or is answered without its reason."""
    async with new_stage(kafka, postgres, tmp_path) as stage:
        before = await heard_by_the_old(Versions(stage, tmp_path))
        answered, answer = await rewound(stage, where)
        assert (answered, told in str(answer)) == (status, True), answer
        assert await stage.query(
            "reader", "SELECT FROM b40.position WHERE topic = 'press-books' AND next_offset = $1", before["next_offset"]
        )


async def test_time_stopped_partitions_and_unknown_topics_are_not_rewound(
    kafka: str, postgres: str, tmp_path: Path
) -> None:
    """Breaks if a rewind hides why a partition stopped, or if a tick is heard twice."""
    async with new_stage(kafka, postgres, tmp_path) as stage:
        position = await heard_by_the_old(Versions(stage, tmp_path))
        where = {"partition": position["partition"], "to_offset": 0}
        status, told = await rewound(stage, where, "/positions/nowhere/rewind")
        assert (status, told["field"]) == (404, "topic")
        status, told = await rewound(stage, {"partition": 0, "to_offset": 0}, "/positions/clock/rewind")
        assert (status, told["detail"]) == (409, "time is not heard again")
        await stage.query("reader", "UPDATE b40.position SET stopped = 'for a test' WHERE topic = 'press-books'")
        status, told = await rewound(stage, where)
        assert status == 409
        assert "is stopped" in told["detail"]
