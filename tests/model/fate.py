"""What befalls an actor of the model, and after how many of its actions; and a pool of connections that obeys it."""

import asyncio
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import Any

STATEMENTS = frozenset({"execute", "executemany", "fetch", "fetchrow", "fetchval", "copy_records_to_table"})


class Killed(BaseException):
    """The process of the actor is gone."""


class Ill(Enum):
    """What can befall an actor."""

    NOTHING = "nothing"
    KILL = "its process is killed"
    FAIL = "its connection breaks"
    FREEZE = "its process is frozen"
    UNSENT = "the broker goes away before it takes a record"
    UNACKNOWLEDGED = "the broker goes away after it took a record"


@dataclass(slots=True)
class Fate:
    """``ill`` befalls the actor before its action number ``at``: a statement, what comes before or after a commit."""

    ill: Ill = Ill.NOTHING
    at: int = 0
    frozen: asyncio.Event = field(default_factory=asyncio.Event)
    thawed: asyncio.Event = field(default_factory=asyncio.Event)
    _done: int = 0
    _sends: int = 0

    async def act(self) -> None:
        """One more action; the ill may befall here."""
        self._done += 1
        if self._done != self.at + 1:
            return
        if self.ill is Ill.KILL:
            raise Killed
        if self.ill is Ill.FAIL:
            raise ConnectionResetError("the connection broke")
        if self.ill is Ill.FREEZE:
            self.frozen.set()
            await self.thawed.wait()

    def refuses_before(self) -> bool:
        """Whether the broker goes away before it takes this record."""
        self._sends += 1
        return self.ill is Ill.UNSENT and self._sends > self.at

    def refuses_after(self) -> bool:
        """Whether the broker goes away after it took this record."""
        return self.ill is Ill.UNACKNOWLEDGED and self._sends > self.at


class FatefulPool:
    """The real pool as one actor uses it; its fate can befall before each statement and around each commit."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self.fate = Fate()

    def acquire(self) -> "_Acquired":
        """A connection that obeys the fate."""
        return _Acquired(self._pool.acquire(), self)

    def __getattr__(self, name: str) -> Any:
        return _fateful(getattr(self._pool, name), name, self)


class _Acquired:
    def __init__(self, acquiring: Any, pool: FatefulPool) -> None:
        self._acquiring = acquiring
        self._pool = pool

    async def __aenter__(self) -> "_FatefulConnection":
        return _FatefulConnection(await self._acquiring.__aenter__(), self._pool)

    async def __aexit__(self, *error: Any) -> None:
        await self._acquiring.__aexit__(*error)


class _FatefulConnection:
    def __init__(self, connection: Any, pool: FatefulPool) -> None:
        self._connection = connection
        self._pool = pool

    def transaction(self, **how: Any) -> "_FatefulTransaction":
        return _FatefulTransaction(self._connection.transaction(**how), self._pool)

    def __getattr__(self, name: str) -> Any:
        return _fateful(getattr(self._connection, name), name, self._pool)


class _FatefulTransaction:
    """Ends as the real one; its client may be struck before the commit (then it is rolled back) or after it."""

    def __init__(self, transaction: Any, pool: FatefulPool) -> None:
        self._transaction = transaction
        self._pool = pool

    async def __aenter__(self) -> None:
        await self._transaction.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            await self._transaction.__aexit__(kind, error, trace)
            return
        try:
            await self._pool.fate.act()
        except BaseException as struck:
            await self._transaction.__aexit__(type(struck), struck, struck.__traceback__)
            raise
        await self._transaction.__aexit__(None, None, None)
        await self._pool.fate.act()


def _fateful(found: Any, name: str, pool: FatefulPool) -> Any:
    if name not in STATEMENTS:
        return found

    async def call(*arguments: Any, **more: Any) -> Any:
        await pool.fate.act()
        return await found(*arguments, **more)

    return call
