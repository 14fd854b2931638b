"""A copy does what its roles say: a consumer leaves the outbox to a relay, a relay hears nothing."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from b40_chassis.settings import Role, Settings
from b40_infra.local import ports
from pydantic import ValidationError

from tests.support.copies import Copy
from tests.support.ground import Findings, Ground, until

NEEDED: dict[str, Any] = {"kafka": "127.0.0.1:9092", "database": "postgresql://127.0.0.1/ledger", "secret": "00" * 32}
TRANSFERS = 200
RELAYS = """SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'b40 relay'"""


async def started(ground: Ground, name: str, roles: str) -> Copy:
    copy = ground.copy(name, "--run", roles)
    copy.start()
    await until(copy.ready, 60)
    return copy


async def count(ground: Ground, of: str) -> int:
    rows = await ground.query(f"SELECT ({of})::int AS count")
    found: int = rows[0]["count"]
    return found


async def test_a_consumer_books_and_a_relay_announces(kafka: str, postgres: str, tmp_path: Path) -> None:
    """Breaks if a copy that is only a consumer leads a relay, or one that is only a relay has partitions."""
    async with Ground(kafka, postgres, tmp_path) as ground:
        await ground.give(TRANSFERS)
        relay = await started(ground, "relay", "relay")
        assert await count(ground, "SELECT count(*) FROM b40.position") == 0
        relay.end()

        consumer = await started(ground, "consumer", "consumer")
        await until(lambda: all_booked(ground), 60)
        assert await count(ground, RELAYS) == 0
        assert await count(ground, "SELECT sum(cardinality(topics)) FROM b40.outbox") == TRANSFERS

        await started(ground, "another relay", "relay")
        await ground.settled()
        assert await ground.findings() == Findings()
        consumer.end()


async def all_booked(ground: Ground) -> bool:
    return len(await ground.booked()) == TRANSFERS


async def test_only_the_api_has_the_public_port(kafka: str, postgres: str, tmp_path: Path) -> None:
    async with Ground(kafka, postgres, tmp_path) as ground:
        api, relay = await started(ground, "api", "api"), await started(ground, "relay", "relay")
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"http://{ports.HOST}:{api.public_port}/openapi.json")
        assert answer.status_code == 200
        assert not ports.listens(relay.public_port)


def test_all_roles_are_the_default() -> None:
    assert Settings(**NEEDED).run == frozenset(Role)


def test_roles_are_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("B40_RUN", "consumer, relay")
    assert Settings(**NEEDED).run == {Role.CONSUMER, Role.RELAY}


@pytest.mark.parametrize("roles", ["", "relais"])
def test_an_unknown_role_is_named(roles: str) -> None:
    with pytest.raises(ValidationError, match="'api', 'consumer', 'relay' or 'workers'"):
        Settings(**NEEDED | {"run": roles})
