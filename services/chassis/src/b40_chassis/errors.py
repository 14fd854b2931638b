"""Which errors are the infrastructure's (the batch comes again) and which are the data's (the record is set aside)."""

import asyncio
import traceback
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

SQLSTATES_OF_VALUES = ("22",)
"""Classes of SQLSTATE whose messages repeat the value they are about."""
OURS = "b40_"
"""How the names of our packages begin: the words of their errors leave data out."""
WORDS_MAX = 500


def of_infrastructure(error: BaseException) -> bool:
    """True if the same batch may succeed when it is tried again."""
    if isinstance(error, asyncpg.InvalidCachedStatementError):
        return True  # a newer copy has just migrated; asyncpg has forgotten the old statement
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "XX").startswith(INFRASTRUCTURE_SQLSTATES)
    if isinstance(error, asyncpg.InterfaceError):
        return not isinstance(error, ValueError)  # else a value that asyncpg cannot send: it never can
    return isinstance(error, (OSError, KafkaError, asyncpg.InternalClientError))


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
    """An error in one line that never contains the data it was about; of a group, its first one.

    Only who is known to leave data out is told in its own words: our own classes, Kafka, the system, and PostgreSQL
    where it does not speak of a value. Of others it is told what they are and where they came up: the innermost place,
    and the innermost one of our code.
    """
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    words = _words(error)
    if words is not None:
        return f"{type(error).__name__}: {words.splitlines()[0][:WORDS_MAX] if words else 'no message'}"
    came_by = places(error)
    innermost = came_by[-1:] + [each for each in came_by if each.startswith(OURS)][-1:]
    return " at ".join([type(error).__name__, *dict.fromkeys(innermost)])


def places(error: BaseException) -> list[str]:
    """Where an error came by, ``module:line``, the innermost last."""
    frames = traceback.walk_tb(error.__traceback__)
    return [f"{frame.f_globals.get('__name__', '?')}:{line}" for frame, line in frames]


def _words(error: BaseException) -> str | None:
    """Its words, without the details of PostgreSQL's, which name rows; None if they may contain data."""
    if isinstance(error, asyncpg.PostgresError):
        known = not (error.sqlstate or "").startswith(SQLSTATES_OF_VALUES)
        return str(error.args[0] if error.args else "") if known else None
    if type(error).__module__.startswith(OURS) or of_infrastructure(error):
        return str(error)
    return None


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
