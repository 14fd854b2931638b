"""Who enters, sees and erases recipients: a desk with its key, nobody else where strangers are refused."""

from collections.abc import AsyncIterator

import httpx
import pytest
from b40_contracts.notify import ErasureRequested, WithdrawalReported

from tests.notify.given import ANA
from tests.support.integrators import Partner, state
from tests.support.stage import Stage

ENTERED = {"address": "ana@example.org", "about": ["tours"]}
DESK = Partner("skopje-desk", "https://desk.skopje.example")
COUNTER = Partner("skopje-tickets", "https://tickets.skopje.example", "b40_key-of-tickets")


@pytest.fixture
async def door(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    """notify's door, at which strangers are refused and a desk and a ticket office are known."""
    frame = stage.services["notify"].frame
    frame.strangers_allowed = False
    desk = DESK.state(types=(WithdrawalReported.type,))
    counter = COUNTER.state(types=("org.b40.events.stop.reported.v1",))
    await state(stage, desk, counter)
    async with stage.http("notify") as client:
        yield client
    frame.strangers_allowed = True


async def test_a_desk_enters_and_sees(door: httpx.AsyncClient) -> None:
    assert (await door.put(f"/recipients/{ANA}", json=ENTERED, headers=DESK.headers)).status_code == 204
    assert (await door.get(f"/recipients/{ANA}", headers=DESK.headers)).json()["address"] == "a…@example.org"


@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
@pytest.mark.parametrize(
    ("headers", "status", "told"),
    [
        ({}, 401, "authorization: is missing"),
        ({"authorization": "Bearer b40_guessed"}, 401, "authorization: must be Bearer"),
        (COUNTER.headers, 403, "is not one of the types that skopje-tickets may report"),
    ],
)
async def test_nobody_else_does(
    door: httpx.AsyncClient, stage: Stage, method: str, headers: dict[str, str], status: int, told: str
) -> None:
    """Breaks if anybody can have the platform write to any address, or stop it from writing to somebody."""
    assert (await door.put(f"/recipients/{ANA}", json=ENTERED, headers=DESK.headers)).status_code == 204
    answer = await door.request(method, f"/recipients/{ANA}", json=ENTERED, headers=headers)
    assert (answer.status_code, told in answer.json()["detail"]) == (status, True)
    assert len(await stage.query("notify", "SELECT FROM recipient")) == 1


async def test_only_who_may_report_erasures_erases(door: httpx.AsyncClient) -> None:
    """Breaks if one key does all: a desk that takes withdrawals may not forget people."""
    answer = await door.delete(f"/recipients/{ANA}", headers=DESK.headers)
    assert answer.status_code == 403
    assert ErasureRequested.type in answer.json()["detail"]
