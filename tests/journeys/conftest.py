"""The whole platform, once for all journeys and no longer: every part real, time in the hands of the test."""

from collections.abc import AsyncIterator

import pytest
from b40_infra.local.platform import Platform

from tests.journeys.traveller import Traveller


@pytest.fixture(scope="package")
async def traveller(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Traveller]:
    """Somebody outside the running platform, who publishes, asks, and moves the clock."""
    async with (
        Platform(tmp_path_factory.mktemp("platform"), fresh=True) as platform,
        Traveller(platform) as outside,
    ):
        await outside.day("2022-06-19")
        yield outside
