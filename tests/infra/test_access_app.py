"""An app works whole with the rights that the catalogue gives it: group, relay, checks of the log, repairs."""

import json
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from b40_chassis.service import Service
from b40_chassis.settings import Settings
from b40_contracts.registry import City
from b40_infra import access
from b40_registry.app import application
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from pydantic import SecretStr

from tests.support.databases import empty_database
from tests.support.ground import until
from tests.support.guarded import Guarded, guarded

__all__ = ["guarded"]

EXAMPLES = Path(__file__).parents[2] / "contracts/examples"
PROFILE = json.loads((EXAMPLES / "org.b40.registry.city-profile.reported.v1/whole.json").read_text("utf-8"))
CITIES = "registry-cities"


def settings(guarded: Guarded, database: str) -> Settings:
    login = guarded.reach("registry").login
    assert login is not None
    return Settings(
        kafka=guarded.bootstrap,
        kafka_user=login.user,
        kafka_password_file=login.password_file,
        kafka_authority=login.authority,
        database=SecretStr(database),
        secret=SecretStr(secrets.token_hex(32)),
    )


def client(routes: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(routes), base_url="http://registry")


async def test_an_app_works_with_the_rights_of_its_name(guarded: Guarded, postgres: str) -> None:
    """Breaks if a right is missing that an app needs to join, hear, say, look at its log or publish it again."""
    async with empty_database(postgres) as database, Service(application, settings(guarded, database)) as service:
        async with client(service.public_api()) as public:
            told = await public.post("/intake", json=PROFILE, headers={"content-type": "application/cloudevents+json"})
            assert told.status_code == 202, told.text
            path = f"/intake/{quote(PROFILE['source'], safe='')}/{PROFILE['id']}"
            await until(lambda: applied(public, path))
        async with client(service.operations_api()) as operations:
            again = await operations.post("/archive/republish", json={})
            assert again.status_code == 200, again.text
            lost = await operations.get("/intake/lost")
            assert (lost.status_code, lost.json()) == (200, [])
    assert PROFILE["data"]["code"] in heard_by_the_operator(guarded)


async def applied(public: httpx.AsyncClient, path: str) -> bool:
    return bool((await public.get(path)).json().get("state") == "applied")


def heard_by_the_operator(guarded: Guarded) -> set[str]:
    """The cities whose state stands on the topic."""
    consumer = Consumer({**guarded.login(access.OPERATOR), "group.id": "operator", "enable.auto.commit": False})
    try:
        numbers = range(len(consumer.list_topics(CITIES, timeout=20).topics[CITIES].partitions))
        consumer.assign([TopicPartition(CITIES, number, OFFSET_BEGINNING) for number in numbers])
        found = consumer.consume(1, timeout=20)
        return {City.model_validate_json(message.value() or b"").code for message in found if not message.error()}
    finally:
        consumer.close()
