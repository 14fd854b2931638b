"""The parts are the real ones, set as the design says."""

import asyncpg
from b40_infra.local.postgres import SETTINGS
from confluent_kafka.admin import AdminClient


def test_kafka_is_there_and_makes_no_topic_by_itself(kafka: str) -> None:
    """Breaks if a misspelt topic is silently made by whoever names it first."""
    admin = AdminClient({"bootstrap.servers": kafka})
    assert len(admin.list_topics(timeout=10).brokers) == 1
    admin.list_topics("never-declared", timeout=10)
    assert "never-declared" not in admin.list_topics(timeout=10).topics


async def test_postgres_ends_frozen_transactions_and_flushes(postgres: str) -> None:
    """Breaks if a frozen copy could hold the position lock, or if a commit could be lost with the machine."""
    connection = await asyncpg.connect(postgres)
    try:
        shown = {
            name: await connection.fetchval(f"SHOW {name}")
            for name in ("idle_in_transaction_session_timeout", "timezone")
        }
        version: int = await connection.fetchval("SELECT current_setting('server_version_num')::int")
    finally:
        await connection.close()
    assert shown == {"idle_in_transaction_session_timeout": "15s", "timezone": "UTC"}
    assert SETTINGS["fsync"] == "on", "tests alone do without"
    assert version // 10_000 == 18
