"""The catalogue of metrics: every name that this platform exports, once, with its unit and what it counts."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from opentelemetry import metrics as opentelemetry_metrics

if TYPE_CHECKING:
    from b40_chassis.batch import Batch

_meter = opentelemetry_metrics.get_meter("b40")

records = _meter.create_counter("b40_records", description="Records taken, by hearing.")
duplicates = _meter.create_counter("b40_duplicates", description="Events dropped because their id was known.")
refusals = _meter.create_counter("b40_refusals", description="Events refused.")
unknown_types = _meter.create_counter("b40_unknown_types", description="Announcements skipped: of no type known here.")
set_aside = _meter.create_counter("b40_set_aside", description="Records set aside, by state.")
announced = _meter.create_counter("b40_announced", description="Announcements written to the outbox.")
failures = _meter.create_counter("b40_batch_failures", description="Batches that come again.")
relayed = _meter.create_counter("b40_relayed", description="Records sent and acknowledged.")
relay_failures = _meter.create_counter("b40_relay_failures", description="Sends that failed and are tried again.")
unsendable = _meter.create_counter("b40_unsendable", description="Records that Kafka refuses, by topic.")
forgotten = _meter.create_counter("b40_forgotten", description="Rows deleted because they are old, by table.")
tasks_done = _meter.create_counter("b40_tasks_done", description="Tasks performed and finished, by kind.")
task_failures = _meter.create_counter("b40_task_failures", description="Tasks that failed and are tried again.")
tick_waits = _meter.create_gauge("b40_tick_waits", unit="s", description="How long the next tick has been waiting.")
forged = _meter.create_counter("b40_forged", description="Events of an intake not from whom they name, by reason.")
unreadable = _meter.create_counter("b40_unreadable", description="Unreadable records of an intake, by sender.")

SENDERS_MAX = 50
SENDER_LENGTH_MAX = 100
OTHER_SENDERS = "other"
_senders: set[str] = set()


def taken(hearing: str, batch: "Batch") -> None:
    """Count what became of a batch."""
    records.add(len(batch.readings), {"hearing": hearing})
    duplicates.add(len(batch.duplicates))
    unknown_types.add(batch.skipped, {"hearing": hearing})
    refusals.add(len(batch.written.refused))
    announced.add(len(batch.written.announced) + len(batch.written.states))
    for aside in batch.asides:
        set_aside.add(1, {"state": aside.state})
    unreadable_here = (each.record for each in batch.asides if each.state == "unreadable")
    count_unreadable(each.header("ce_source") for each in unreadable_here if each.topic in batch.frame.intakes)


def count_unreadable(senders: Iterable[str]) -> None:
    """Count unreadable records by what they say of their sender: anything, so only so many names become labels."""
    for sender, times in Counter(senders).items():
        name = sender[:SENDER_LENGTH_MAX] or "unknown"
        if name not in _senders and len(_senders) < SENDERS_MAX:
            _senders.add(name)
        unreadable.add(times, {"source": name if name in _senders else OTHER_SENDERS})
