"""Which errors are the infrastructure's (the batch comes again) and which are the data's (the record is set aside)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import asyncpg
import structlog
from aiokafka.errors import KafkaError

log = structlog.get_logger()

T = TypeVar("T")

PATIENCE_SECONDS = 0.25
SAID_EVERY = 40
"""Of so many tries that fail one is logged: one line in ten seconds."""
INFRASTRUCTURE_SQLSTATES = ("08", "25P03", "25P04", "40", "53", "55", "57", "58", "XX")
"""Classes of SQLSTATE (PostgreSQL appendix A): connection, time-outs of a transaction, rollback, resources, locks,
operator intervention, system error, internal error."""


def of_infrastructure(error: BaseException) -> bool:
    """True if the same batch may succeed when it is tried again."""
    if isinstance(error, asyncpg.InvalidCachedStatementError):
        return True  # a newer copy has just migrated; asyncpg has forgotten the old statement
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "XX").startswith(INFRASTRUCTURE_SQLSTATES)
    return isinstance(error, (OSError, KafkaError, asyncpg.InterfaceError, asyncpg.InternalClientError))


class Restored(OSError):
    """The database is older than this copy's memory: nothing may be taken until the process has started anew."""

    def __init__(self, hearing: str) -> None:
        super().__init__(
            f"{hearing}: the database went back, by a restore or a rewind: it must be heard again in order"
        )


class Failed(Exception):
    """One record's handler failed: the record is set aside and the rest goes on."""

    def __init__(self, record: Any, cause: Exception, handler: str) -> None:
        super().__init__(f"{handler}: {describe(cause)}")
        self.record = record


def describe(error: BaseException) -> str:
    """An error in one line that never contains the data it was about; of a group, its first one."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, asyncpg.PostgresError):
        return f"{type(error).__name__}: {error.args[0] if error.args else ''}"
    return f"{type(error).__name__}: {str(error).splitlines()[0][:500] if str(error) else 'no message'}"


async def patiently(attempt: Callable[[], Awaitable[T]]) -> T:
    """Try until the infrastructure is there: a process that ended over it would only be started again."""
    tries = 0
    while True:
        try:
            return await attempt()
        except Exception as error:
            if not of_infrastructure(error):
                raise
            if tries % SAID_EVERY == 0:
                log.warning("waits for PostgreSQL or Kafka", error=describe(error))
            tries += 1
            await asyncio.sleep(PATIENCE_SECONDS)
