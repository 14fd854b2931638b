"""How many records one transaction takes: fewer after time-outs in a row, more again when there is time to spare."""

import asyncio

import asyncpg
import structlog

log = structlog.get_logger()

TIME_OUTS_MAX = 3
HEAVY_SECONDS = 10.0
"""What fails after so long was too heavy, whatever it says: PostgreSQL cuts a transaction off at 18 s, and asyncpg
tells of the lost connection as often as of the time-out."""
SPARE = 4
"""A transaction that took less than this part of it leaves time for twice as many records."""
TIME_OUT_SQLSTATES = ("25P03", "25P04", "57014")


class Pace:
    """The size of a hearing's transactions."""

    def __init__(self, records_max: int) -> None:
        self._records_max = records_max
        self.records = records_max
        self._time_outs = 0

    def took(self, seconds: float) -> None:
        """A transaction was committed."""
        self._time_outs = 0
        if self.records < self._records_max and seconds < HEAVY_SECONDS / SPARE:
            self.records = min(self._records_max, self.records * 2)

    def failed(self, error: Exception, seconds: float, records: int) -> None:
        """The infrastructure failed a transaction of so many records."""
        if not (_timed_out(error) or seconds > HEAVY_SECONDS):
            self._time_outs = 0
            return
        self._time_outs += 1
        if self._time_outs == TIME_OUTS_MAX:
            self._time_outs = 0
            self.records = max(1, min(self.records, records) // 2)
            log.warning("batches are halved: too heavy for one transaction", records=self.records)


def _timed_out(error: Exception) -> bool:
    if isinstance(error, asyncpg.PostgresError):
        return error.sqlstate in TIME_OUT_SQLSTATES
    return isinstance(error, asyncio.TimeoutError)
