"""notify on a stage, with a mail server: started once for all tests of this folder, empty at the start of each."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
from b40_notify.app import application
from b40_notify.settings import settings

from tests.notify.post_office import PostOffice, open_post_office
from tests.support.stage import Stage

OWN_TABLES = "city, recipient, keys.recipient, recipient_erased, consent, digest, notice"
FIRST_DAY = date(2022, 6, 20)


@pytest.fixture(scope="package")
async def open_office() -> AsyncIterator[PostOffice]:
    """A mail server for all tests of this folder."""
    async with open_post_office() as office:
        yield office


@pytest.fixture(scope="package")
async def running(kafka: str, postgres: str, open_office: PostOffice) -> AsyncIterator[Stage]:
    """notify alone on a stage, with its own settings in the environment."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("B40_SMTP_PORT", str(open_office.port))
        environment.setenv("B40_VAULT_KEY", "ab" * 32)
        environment.setenv("B40_PUBLIC_URL", "https://notify.b40.example")
        settings.cache_clear()
        async with Stage(kafka, postgres, application) as stage:
            yield stage
    settings.cache_clear()


@pytest.fixture(scope="package")
def weeks() -> list[date]:
    """The first days of the weeks that tests have had: time does not go back on a stage."""
    return [FIRST_DAY]


@pytest.fixture
def today(weeks: list[date]) -> date:
    """The day of this test: nobody else's, and a week after the last test's."""
    weeks.append(weeks[-1] + timedelta(days=7))
    return weeks[-1]


@pytest.fixture
def post_office(open_office: PostOffice) -> PostOffice:
    """The mail server, empty."""
    open_office.empty()
    return open_office


@pytest.fixture
async def stage(running: Stage, today: date, post_office: PostOffice) -> Stage:
    """notify on its stage, knowing nothing and nobody, at six in the morning (UTC) of the test's day."""
    await running.tick(f"{today}T06:00:00")
    await running.quiet()
    await running.query("notify", f"TRUNCATE {OWN_TABLES}, b40.set_aside, b40.state_heard")
    post_office.empty()
    running.heard.clear()
    return running
