"""Mistakes in what is measured, logged and traced."""

from tests.mutants.mistake import Mistake

LAG = "tests/chassis/test_lag.py"
LOGS = "tests/chassis/test_logs.py"
METRICS = "tests/chassis/test_metrics.py"
REBALANCE = "tests/chassis/test_rebalance.py"

OBSERVING = [
    Mistake(
        "a counter appears with its first rise",
        "service.py",
        "        status.begin(self.frame)\n",
        "",
        METRICS,
        "begin_at_0",
    ),
    Mistake(
        "a metric is in no catalogue",
        "metrics.py",
        "lag, behind, tick_waits, stopped, outbox_waiting,",
        "lag, behind, tick_waits, stopped,",
        METRICS,
        "catalogue_declares",
    ),
    Mistake(
        "a gauge is never set",
        "status.py",
        '    metrics.waiting.set(row["waiting"])\n',
        "",
        METRICS,
        "catalogue_declares",
    ),
    Mistake(
        "the newest row of the outbox counts as the oldest",
        "status.py",
        "WHERE sent IS NULL ORDER BY id LIMIT 1), 0)::float",
        "ORDER BY id LIMIT 1), 0)::float",
        METRICS,
        "when_it_is_asked",
    ),
    Mistake(
        "the end that is aimed at moves on",
        "lag.py",
        "if aim is None or standing.next_offset >= aim[0]:",
        "if aim is None or end > aim[0]:",
        LAG,
        "stands_still",
    ),
    Mistake(
        "any lag at all counts as being behind",
        "lag.py",
        "if aim is None or standing.next_offset >= aim[0]:",
        "if aim is None:",
        LAG,
        "keeps_up",
    ),
    Mistake(
        "a rebalance is not measured",
        "rebalance.py",
        "            self._count_settled()\n",
        "",
        REBALANCE,
        "how_long_it_took_nothing",
    ),
    Mistake(
        "an error is told in its own words",
        "errors.py",
        "if type(error).__module__.startswith(OURS) or of_infrastructure(error):",
        "if True:",
        LOGS,
        "repeats_what_failed",
    ),
    Mistake(
        "PostgreSQL is told whatever it says of a value",
        "errors.py",
        'SQLSTATES_OF_VALUES = ("22",)',
        'SQLSTATES_OF_VALUES = ("ZZ",)',
        LOGS,
        "repeats_what_failed",
    ),
    Mistake(
        "uvicorn prints what it caught",
        "process.py",
        "log_config=None,",
        "log_config=uvicorn.config.LOGGING_CONFIG,",
        LOGS,
        "repeats_what_failed",
    ),
    Mistake(
        "asyncio tells what a lost task was about",
        "telemetry.py",
        'event["event"] = str(event["event"]).partition("\\n")[0]',
        "pass",
        LOGS,
        "repeats_what_failed",
    ),
    Mistake(
        "libraries log tracebacks as they come",
        "telemetry.py",
        "foreign_pre_chain=[*shared, _keep_first_line],",
        "foreign_pre_chain=[structlog.processors.add_log_level, structlog.processors.format_exc_info],",
        LOGS,
        "repeats_what_failed",
    ),
    Mistake(
        "a trace repeats the words of an error",
        "tracing.py",
        "record_exception=False",
        "record_exception=True",
        LOGS,
        "a_trace",
    ),
    Mistake(
        "a trace holds the paths of requests",
        "tracing.py",
        '"tracing": False',
        '"tracing": True',
        LOGS,
        "repeats_what_failed",
    ),
    Mistake(
        "a start that fails prints the settings",
        "settings.py",
        ", hide_input_in_errors=True",
        "",
        LOGS,
        "settings_that_are_wrong",
    ),
    Mistake(
        "a value that cannot be sent comes again for ever",
        "errors.py",
        "return not isinstance(error, ValueError)  # else a value that asyncpg cannot send: it never can",
        "return True",
        LOGS,
        "cannot_be_sent",
    ),
]
