"""A dump of an app's database, as its operator can make one: every row of every table, where it lies, who wrote it."""

from typing import Any

from tests.solidarity.attackers.evidence import Dump, Row
from tests.support.stage import Stage

LONG = 2_000
TABLES = """SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
            WHERE schemaname IN ('public', 'b40') ORDER BY 1"""


async def dumped(stage: Stage, app: str) -> Dump:
    """The tables of an app; of what is long, ciphertext most of all, the length alone."""
    names = [row["name"] for row in await stage.query(app, TABLES)]
    return {name: await _rows(stage, app, name) for name in names}


async def _rows(stage: Stage, app: str, table: str) -> list[Row]:
    found = await stage.query(app, f"SELECT ctid::text, xmin::text, * FROM {table}")  # noqa: S608  (its own names)
    return [
        Row(row["ctid"], int(row["xmin"]), {name: _short(row[name]) for name in list(row.keys())[2:]}) for row in found
    ]


def _short(value: Any) -> Any:
    if isinstance(value, list):
        return [_short(each) for each in value]
    return len(value) if isinstance(value, bytes) and len(value) > LONG else value
