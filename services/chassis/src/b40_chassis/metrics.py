"""The catalogue of metrics: every one that this platform exports, once, with its unit, its labels and what it says.

Counters and histograms are of one copy: sum them. Gauges of the database and the logs are of the whole app, and every
copy tells them: take the highest.
"""

from collections import Counter as Counted
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING

from b40_chassis.measures import Counter, Gauge, Histogram, Metric, Unit

if TYPE_CHECKING:
    from b40_chassis.batch import Batch

records = Counter("b40_records", Unit.RECORDS, "Records taken, by hearing.", ("hearing",))
duplicates = Counter("b40_duplicates", Unit.EVENTS, "Events dropped because their id was known.")
refusals = Counter("b40_refusals", Unit.EVENTS, "Events refused.")
unknown_types = Counter(
    "b40_unknown_types", Unit.EVENTS, "Announcements skipped: of no type known here, by hearing.", ("hearing",)
)
set_aside = Counter("b40_set_aside", Unit.RECORDS, "Records set aside, by state.", ("state",))
unreadable = Counter("b40_unreadable", Unit.RECORDS, "Unreadable records of an intake, by sender.", ("source",))
forged = Counter("b40_forged", Unit.EVENTS, "Events of an intake not from whom they name, by reason.", ("reason",))
announced = Counter("b40_announced", Unit.EVENTS, "Announcements written to the outbox.")
failures = Counter("b40_batch_failures", Unit.BATCHES, "Batches that come again, by hearing.", ("hearing",))
batch_size = Histogram(
    "b40_batch_records",
    Unit.RECORDS,
    "Records that one transaction took, by hearing.",
    ("hearing",),
    (1, 3, 10, 30, 100, 300, 1_000, 2_000, 5_000),
)
batch_time = Histogram(
    "b40_batch",
    Unit.SECONDS,
    "What one transaction took, the search for what fails in it included, by hearing.",
    ("hearing",),
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
)
settle_time = Histogram(
    "b40_settle",
    Unit.SECONDS,
    "How long a copy took nothing: after its start until it was ready; after a rebalance took partitions of it until "
    "its new ones were verified.",
    ("after",),
    (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600),
)
relayed = Counter("b40_relayed", Unit.RECORDS, "Records sent and acknowledged.")
relay_failures = Counter("b40_relay_failures", Unit.FAILURES, "Sends that failed and are tried again.")
unsendable = Counter("b40_unsendable", Unit.RECORDS, "Records that Kafka refused, by topic.", ("topic",))
forgotten = Counter("b40_forgotten", Unit.ROWS, "Rows deleted because they are old, by table.", ("table",))
tasks_done = Counter("b40_tasks_done", Unit.TASKS, "Tasks performed and finished, by kind.", ("kind",))
task_failures = Counter("b40_task_failures", Unit.FAILURES, "Tasks that failed and are tried again.", ("kind",))

lag = Gauge(
    "b40_lag", Unit.RECORDS, "Records that stand in the log and were not taken, by topic.", ("hearing", "topic")
)
behind = Gauge(
    "b40_behind",
    Unit.SECONDS,
    "For how long an end that was seen of a log has not been reached, by topic; a stopped partition does not count.",
    ("hearing", "topic"),
)
tick_waits = Gauge("b40_tick_waits", Unit.SECONDS, "How long the next tick has been waiting for its turn.")
stopped = Gauge("b40_partitions_stopped", Unit.PARTITIONS, "Partitions that are stopped, by topic.", ("topic",))
outbox_waiting = Gauge("b40_outbox_waiting", Unit.RECORDS, "Records in the outbox that were not sent.")
oldest_unsent = Gauge("b40_oldest_unsent", Unit.SECONDS, "How long the oldest of them has been waiting.")
unsendable_open = Gauge("b40_unsendable_open", Unit.RECORDS, "Records that Kafka refused and that wait for a repair.")
dead_letters = Gauge("b40_dead_letters", Unit.RECORDS, "Dead letters that are open, due items included.")
waiting = Gauge("b40_waiting", Unit.RECORDS, "Events that wait for a key, or behind another of their key.")
tasks_waiting = Gauge("b40_tasks_waiting", Unit.TASKS, "Tasks that are not finished.")
tick_age = Gauge("b40_tick_age", Unit.SECONDS, "How long ago the last tick came; none: how long ago the copy started.")
look_age = Gauge(
    "b40_look_age", Unit.SECONDS, "How long ago the watchdog saw PostgreSQL and Kafka; never: how long ago it started."
)
ready = Gauge("b40_ready", Unit.ONE, "Whether the copy is ready, as `GET /ready` answers.")

METRICS: tuple[Metric, ...] = (
    records, duplicates, refusals, unknown_types, set_aside, unreadable, forged, announced, failures, batch_size,
    batch_time, settle_time, relayed, relay_failures, unsendable, forgotten, tasks_done, task_failures,
    lag, behind, tick_waits, stopped, outbox_waiting, oldest_unsent, unsendable_open, dead_letters, waiting,
    tasks_waiting, tick_age, look_age, ready,
)  # fmt: skip
"""The whole catalogue."""

HEARINGS = ("first", "main", "clock")
"""An app's subscribers."""
START, REBALANCE = "start", "rebalance"
"""What a copy settles after."""
STATES = ("unreadable", "failed", "waiting", "behind")
"""The states in which records are set aside."""
SENDERS_MAX = 50
SENDER_LENGTH_MAX = 100
OTHER_SENDERS = "other"
_senders: set[str] = set()


def begin(values: Mapping[str, Sequence[str]]) -> None:
    """Let every counter begin at 0, or its first rise would not be seen. ``values`` are those known of each label."""
    known = {"state": STATES, "source": (OTHER_SENDERS,), **values}
    for metric in METRICS:
        if isinstance(metric, Counter):
            for chosen in product(*(known[label] for label in metric.labels)):
                metric.begin(**dict(zip(metric.labels, chosen, strict=True)))


def taken(hearing: str, batch: "Batch") -> None:
    """Count what became of a batch."""
    records.add(len(batch.readings), hearing=hearing)
    batch_size.record(len(batch.readings), hearing=hearing)
    duplicates.add(len(batch.duplicates))
    unknown_types.add(batch.skipped, hearing=hearing)
    refusals.add(len(batch.written.refused))
    announced.add(len(batch.written.announced) + len(batch.written.states))
    for state, times in Counted(aside.state for aside in batch.asides).items():
        set_aside.add(times, state=state)
    unreadable_here = (each.record for each in batch.asides if each.state == "unreadable")
    count_unreadable(each.header("ce_source") for each in unreadable_here if each.topic in batch.frame.intakes)


def count_unreadable(senders: Iterable[str]) -> None:
    """Count unreadable records by what they say of their sender: anything, so only so many names become labels."""
    for sender, times in Counted(senders).items():
        name = sender[:SENDER_LENGTH_MAX] or "unknown"
        if name not in _senders and len(_senders) < SENDERS_MAX:
            _senders.add(name)
        unreadable.add(times, source=name if name in _senders else OTHER_SENDERS)
