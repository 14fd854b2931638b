"""What is older than the memory is forgotten, in chunks; what is younger, or still open, stays."""

from pathlib import Path

import pytest
from b40_chassis import forgetting
from b40_chassis.forgetting import FORGET_LOCK, FORGOTTEN, Forgetting

from tests.chassis.library import Switches, library
from tests.support.stage import Stage

MIGRATIONS = Path(forgetting.__file__).parent / "migrations"

ROWS = """
INSERT INTO b40.inbox (source, id, digest, appended)
  SELECT 1, gen_random_uuid(), '', now() - age * interval '1 hour' FROM generate_series(1, 2000) AS age;
INSERT INTO b40.outbox (topics, keys, payloads, headers, records, size, sent)
  SELECT '{t}', '{k}', '{p}', '{h}', 1, 1, CASE WHEN age < 1999 THEN now() - age * interval '1 hour' END
    FROM generate_series(1, 2000) AS age ORDER BY age DESC;
INSERT INTO b40.intake (source, id, digest, accepted)
  SELECT 's', age, '', now() - age * interval '1 hour' FROM generate_series(1, 2000) AS age;
INSERT INTO b40.refused (source, id, reason, detail, since)
  SELECT 's', age, 'r', 'd', now() - age * interval '1 hour' FROM generate_series(1, 2000) AS age;
INSERT INTO b40.set_aside
    (hearing, topic, partition, "offset", appended, header_names, header_values, state, reason, detail)
  SELECT 'main', 't', 0, age, now() - age * interval '1 hour', '{}', '{}',
    CASE WHEN age % 2 = 0 THEN 'discarded' ELSE 'failed' END, 'r', 'd' FROM generate_series(1, 2000) AS age;
INSERT INTO b40.tick (now, appended)
  SELECT now() - age * interval '1 hour', now() - age * interval '1 hour' FROM generate_series(1500, 2000) AS age;
"""
KEPT_HOURS = (35 + 8) * 24
COUNTS = "SELECT " + ", ".join(f"(SELECT count(*) FROM b40.{table}) AS {table}" for table in FORGOTTEN)  # noqa: S608


async def test_only_what_is_older_than_the_memory_is_forgotten(
    kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks if something young goes (it would take effect twice), if an open dead letter goes, or if old rows stay."""
    monkeypatch.setattr(forgetting, "ROWS_AT_ONCE", 300)
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.query("library", "SELECT")
        frame = stage.services["library"].frame
        async with frame.pool.acquire() as connection:
            await connection.execute(ROWS)
            await Forgetting(frame).forget()
            (left,) = await connection.fetch(COUNTS)
        young = KEPT_HOURS - 1
        assert left["inbox"] == left["intake"] == left["refused"] == young
        assert left["outbox"] == young + 2, "what waits to be sent stays, however old"
        assert left["set_aside"] == 2000 - (2000 - young) // 2 - (1 if young % 2 else 0)
        assert left["tick"] == 1, "the last one says what time it is"


async def test_of_several_copies_one_forgets(kafka: str, postgres: str) -> None:
    async with Stage(kafka, postgres, library(Switches())) as stage:
        frame = stage.services["library"].frame
        async with frame.pool.acquire() as connection:
            await connection.execute(ROWS)
            async with frame.pool.acquire() as other:
                await other.execute("SELECT pg_advisory_lock($1)", FORGET_LOCK)
                assert await Forgetting(frame).forget() == 0
                await other.execute("SELECT pg_advisory_unlock($1)", FORGET_LOCK)
            assert await Forgetting(frame).forget() > 0


def test_every_table_of_the_frame_is_forgotten_or_bounded_otherwise() -> None:
    """Breaks if a table is added that grows with every event and that nobody thought of."""
    bounded = {
        "position",
        "source",
        "due_set_aside",
        "task",
        "state_heard",
        "state_said",
        "decision",
        "relay",
        "integrator",
    }
    kept_for_people = {"unsendable", "migration"}
    tables = {
        line.split("b40.")[1].split()[0]
        for path in MIGRATIONS.glob("*.sql")
        for line in path.read_text().splitlines()
        if line.startswith("CREATE TABLE")
    }
    assert tables - bounded - kept_for_people == set(FORGOTTEN)
