"""Events on real Kafka and PostgreSQL, alone, on 20 June 2022, with the cities of the tour known."""

from collections.abc import AsyncIterator

import pytest
from b40_events.app import application

from tests.events.given import city, state
from tests.events.places import PLACES
from tests.support.stage import Stage


@pytest.fixture
async def stage(kafka: str, postgres: str) -> AsyncIterator[Stage]:
    """The stage of one test; Sofia is not known."""
    async with Stage(kafka, postgres, application) as stage:
        await stage.tick("2022-06-20")
        await state(stage, *(city(code) for code in PLACES if code != "BGSOF"))
        await stage.quiet()
        yield stage
