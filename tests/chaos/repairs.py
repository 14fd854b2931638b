"""What operations does meanwhile and at the end: replays and discards dead letters, by the operations API."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import asyncpg
import httpx

from tests.chaos.inputs import CLOSED, ITEM, Item, Kind
from tests.support.copies import Copy
from tests.support.ground import Ground

GATE = (
    "CREATE TABLE closed (account text PRIMARY KEY)",
    """CREATE FUNCTION refuse_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM closed WHERE account = NEW.receiver) THEN
        RAISE check_violation USING MESSAGE = 'the account is closed';
    END IF;
    RETURN NEW;
END $$""",
    f"""CREATE TRIGGER closed BEFORE INSERT ON transfer FOR EACH ROW WHEN (NEW.receiver = '{CLOSED}')
EXECUTE FUNCTION refuse_closed()""",
)
CLOSE = "INSERT INTO closed VALUES ($1) ON CONFLICT DO NOTHING"
OPEN = "DELETE FROM closed"
ROUND_SECONDS = 7.0
ANSWER_SECONDS_MAX = 5.0
ROUNDS_MAX = 50
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, httpx.HTTPError)
"""What asking raises while a fault is on."""
CONFLICT = 409
"""No longer open: an earlier request was carried out although its answer was lost."""


class Repairs:
    """Deals with dead letters through whichever copy answers. ``items`` tell what each of them is."""

    def __init__(self, ground: Ground, copies: Sequence[Copy], items: Sequence[Item]) -> None:
        self._ground = ground
        self._copies = copies
        self._items = items
        self.replayed = self.discarded = 0

    async def close_account(self) -> None:
        """From now on the database refuses what one account would receive."""
        for statement in GATE:
            await self._ground.query(statement)
        await self._ground.query(CLOSE, CLOSED)

    async def now_and_then(self) -> None:
        """Deal with what is set aside, round after round, until cancelled; what does not work waits for the next."""
        while True:
            with suppress(*AWAY):
                await self._ground.query(CLOSE, CLOSED)
            await asyncio.sleep(ROUND_SECONDS)
            with suppress(*AWAY):
                await self._ground.query(OPEN)
                await self._round()

    async def finish(self) -> None:
        """Deal with all that is set aside. Raises TimeoutError if there is no end to it."""
        await self._ground.query(OPEN)
        for _ in range(ROUNDS_MAX):
            await self._round()
            status = await self.status()
            if not status["dead"] and not status["released"]:
                return
            await asyncio.sleep(0.2)
        raise TimeoutError(f"after {ROUNDS_MAX} rounds of repair there remains: {await self._open()}")

    async def status(self) -> dict[str, Any]:
        """The service's own word of itself, from any copy. Raises httpx.HTTPError."""
        answer: dict[str, Any] = (await self._ask("GET", "/status")).json()
        return answer

    async def _round(self) -> None:
        for state in ("failed", "unreadable"):
            for letter in (await self._ask("GET", f"/set-aside?state={state}")).json():
                await self._deal_with(letter["id"])

    async def _open(self) -> str:
        rows = await self._ground.query(
            """SELECT state, detail, partition, "offset" FROM b40.set_aside WHERE state <> 'discarded' LIMIT 5"""
        )
        return "; ".join(str(dict(row)) for row in rows)

    async def _deal_with(self, number: int) -> None:
        shown = await self._ask("GET", f"/set-aside/{number}")
        if shown.status_code == httpx.codes.NOT_FOUND:
            return
        answer = await self._ask("POST", f"/set-aside/{number}/replay")
        self.replayed += answer.status_code == httpx.codes.OK and answer.json()["result"] == "applied"
        if self._kind(shown.json()) is not Kind.SHUT:
            why = {"reason": "poison"}
            answer = await self._ask("POST", f"/set-aside/{number}/discard", json=why)
            self.discarded += answer.status_code == httpx.codes.OK

    def _kind(self, letter: Mapping[str, Any]) -> Kind:
        return self._items[int(dict(letter["headers"])[ITEM])].kind

    async def _ask(self, method: str, path: str, **values: Any) -> httpx.Response:
        failure: httpx.HTTPError = httpx.ConnectError("no copy answers")
        for copy in self._copies:
            try:
                async with httpx.AsyncClient(timeout=ANSWER_SECONDS_MAX) as client:
                    response = await client.request(method, copy.operations + path, **values)
                if response.status_code not in (CONFLICT, httpx.codes.NOT_FOUND):
                    response.raise_for_status()
                return response
            except httpx.HTTPError as error:
                failure = error
        raise failure
