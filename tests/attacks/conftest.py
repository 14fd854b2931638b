"""Both ports of one running app, as an attacker finds them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from b40_chassis.port import opened
from b40_chassis.settings import Settings
from b40_infra.local import ports
from fastapi import FastAPI

from tests.chassis.library import TOPICS, Switches, library
from tests.support.ground import until
from tests.support.integrators import Partner, state, topic
from tests.support.stage import Stage

DESK = Partner()


@dataclass(frozen=True)
class Target:
    """The stage that an app runs on, and its two ports."""

    stage: Stage
    public: int
    operations: int


@asynccontextmanager
async def listening(api: FastAPI, settings: Settings) -> AsyncIterator[int]:
    """The number of a port on which an API listens."""
    port = ports.free()

    async def listens() -> bool:
        return ports.listens(port)

    async with opened(api, settings, port):
        await until(listens)
        yield port


@pytest.fixture(scope="module")
async def target(kafka: str, postgres: str) -> AsyncIterator[Target]:
    """The library, which has heard of the desk."""
    application = replace(library(Switches()), topics=(*TOPICS, topic("library")))
    async with Stage(kafka, postgres, application) as stage:
        await state(stage, DESK.state())
        service, settings = stage.services["library"], stage.settings["library"]
        async with (
            listening(service.public_api(), settings) as public,
            listening(service.operations_api(), settings) as operations,
        ):
            yield Target(stage, public, operations)


@pytest.fixture
def settings() -> Settings:
    """Settings of an app that connects to nothing."""
    fields: dict[str, Any] = {"kafka": "nowhere:1", "database": "postgresql://nowhere", "secret": "ab" * 32}
    return Settings(**fields)
