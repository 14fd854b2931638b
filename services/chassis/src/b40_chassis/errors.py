"""Which errors are the infrastructure's (the batch comes again) and which are the data's (the record is set aside)."""

import asyncio
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError

INFRASTRUCTURE_SQLSTATES = ("08", "25P03", "25P04", "40", "53", "55", "57", "58", "XX")
"""Classes of SQLSTATE (PostgreSQL appendix A): connection, time-outs of a transaction, rollback, resources, locks,
operator intervention, system error, internal error."""


def of_infrastructure(error: BaseException) -> bool:
    """True if the same batch may succeed when it is tried again."""
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "XX").startswith(INFRASTRUCTURE_SQLSTATES)
    return isinstance(
        error, (OSError, asyncio.TimeoutError, KafkaError, asyncpg.InterfaceError, asyncpg.InternalClientError)
    )


class Failed(Exception):
    """One record's handler failed: the record is set aside and the rest goes on."""

    def __init__(self, record: Any, cause: Exception, handler: str) -> None:
        super().__init__(f"{handler}: {describe(cause)}")
        self.record = record


def describe(error: BaseException) -> str:
    """An error in one line that never contains the data it was about."""
    if isinstance(error, asyncpg.PostgresError):
        return f"{type(error).__name__}: {error.args[0] if error.args else ''}"
    return f"{type(error).__name__}: {str(error).splitlines()[0][:500] if str(error) else 'no message'}"
