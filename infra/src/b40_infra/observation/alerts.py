"""Alarms: what is wrong, since when it counts, how urgent it is. Each has its page in ``infra/runbooks``.

Gauges of the database and the logs are of the whole app and told by each of its copies: the highest counts. Counters
are of a copy: they are summed. ``job`` is the app.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from b40_chassis import metrics
from b40_chassis.measures import Metric
from b40_solidarity.needs.metrics import answers_contradicting, orders_overdue

START_TIME = "process_start_time_seconds"
"""When a process started; Prometheus' client library tells it of every process."""


class Severity(StrEnum):
    """How urgent it is."""

    CRITICAL = "critical"
    """Something stands still or is lost if nobody comes: wake somebody."""
    WARNING = "warning"
    """Somebody should look at it within the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alarm. ``expression`` is PromQL; ``lasting`` is for how long it must hold, as ``5m``, or at once.

    ``summary`` and ``description`` may have Prometheus' templates; the description says what to look at first.
    """

    name: str
    severity: Severity
    expression: str
    lasting: str = "0m"
    summary: str
    description: str

    def rule(self) -> dict[str, Any]:
        """The alarm as a rule of Prometheus."""
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": self.lasting,
            "labels": {"severity": self.severity.value},
            "annotations": {
                "summary": self.summary,
                "description": self.description,
                "runbook_url": f"runbooks/{self.name}.md",
            },
        }


def _highest(metric: Metric, by: str = "job") -> str:
    return f"max by ({by}) ({metric.exported})"


def _increase(metric: Metric, minutes: int, by: str = "job") -> str:
    return f"sum by ({by}) (increase({metric.samples[0]}[{minutes}m]))"


def _born_above(metric: Metric, limit: int) -> str:
    """A series that begins with its first rise has no increase to be seen: a sender was not known before."""
    now, before = (f"sum by (job, source) ({metric.samples[0]}{offset})" for offset in ("", " offset 10m"))
    return f"({now} > {limit} unless {before})"


PROCESSES = (
    Alert(
        name="AppDown",
        severity=Severity.CRITICAL,
        expression="up == 0",
        lasting="1m",
        summary="{{ $labels.job }} does not answer at {{ $labels.instance }}",
        description="Nothing is lost: what comes waits in Kafka. Look at the process and at the end of its log.",
    ),
    Alert(
        name="AppNotReady",
        severity=Severity.CRITICAL,
        expression=f"{metrics.ready.exported} == 0",
        lasting="5m",
        summary="{{ $labels.job }} at {{ $labels.instance }} runs and is not ready",
        description="It waits for PostgreSQL or Kafka, or *first* has not caught up yet: its log says which.",
    ),
    Alert(
        name="AppRestarts",
        severity=Severity.CRITICAL,
        expression=f"changes({START_TIME}[30m]) > 3",
        summary="{{ $labels.job }} at {{ $labels.instance }} starts again and again",
        description="The last critical line of each run says why it ended: b40 status, then its log.",
    ),
    Alert(
        name="AppBlind",
        severity=Severity.CRITICAL,
        expression=f"{metrics.look_age.exported} > 60",
        lasting="1m",
        summary="{{ $labels.job }} at {{ $labels.instance }} has not seen PostgreSQL and Kafka for a minute",
        description="One of the two is away, or too slow. It goes on by itself when both are back.",
    ),
)

HEARING = (
    Alert(
        name="PartitionStopped",
        severity=Severity.CRITICAL,
        expression=f"{_highest(metrics.stopped, 'job, topic')} > 0",
        summary="{{ $labels.job }} reads {{ $value }} partitions of {{ $labels.topic }} no further",
        description="Time waits for them. b40 status says why each was stopped.",
    ),
    Alert(
        name="LagTooOld",
        severity=Severity.CRITICAL,
        expression=f'max by (job, topic) ({metrics.behind.exported}{{hearing!="clock"}}) > 300',
        lasting="1m",
        summary="{{ $labels.job }} is {{ $value | humanizeDuration }} behind on {{ $labels.topic }}",
        description="What stood there so long ago has not been taken. Is it slow, or does it stand still?",
    ),
    Alert(
        name="LagGrows",
        severity=Severity.WARNING,
        expression=(
            f"{_highest(metrics.lag, 'job, topic')} > 10000 "
            f"and max by (job, topic) (deriv({metrics.lag.exported}[15m])) > 0"
        ),
        lasting="15m",
        summary="{{ $labels.job }} takes less of {{ $labels.topic }} than comes: {{ $value }} records wait",
        description="Start another copy, or find out what makes its transactions slow.",
    ),
    Alert(
        name="BatchesFail",
        severity=Severity.WARNING,
        expression=f"{_increase(metrics.failures, 5, 'job, hearing')} > 5",
        lasting="2m",
        summary="Batches of {{ $labels.job }} ({{ $labels.hearing }}) come again and again",
        description="The infrastructure fails them: the lines 'a batch comes again' of its log say how.",
    ),
    Alert(
        name="BatchesSlow",
        severity=Severity.WARNING,
        expression=(
            "histogram_quantile(0.99, sum by (job, le) "
            f'(rate({metrics.batch_time.samples[0]}{{hearing!="clock"}}[10m]))) > 9'
        ),
        lasting="10m",
        summary="One transaction in a hundred of {{ $labels.job }} takes {{ $value | humanizeDuration }}",
        description="At 18 s PostgreSQL cuts a transaction off. A handler, a lock or the disk is slow.",
    ),
    Alert(
        name="DeadLetters",
        severity=Severity.WARNING,
        expression=f"{_highest(metrics.dead_letters)} > 0",
        summary="{{ $labels.job }} has {{ $value }} dead letters",
        description="What could not be read or processed is kept whole: b40 dead-letters list.",
    ),
    Alert(
        name="UnreadableFlood",
        severity=Severity.WARNING,
        expression=(
            f"{_increase(metrics.unreadable, 10, 'job, source')} > 100 or {_born_above(metrics.unreadable, 100)}"
        ),
        summary="{{ $labels.source }} sends {{ $labels.job }} what cannot be read",
        description="It stops nobody else, and fills the table of what is set aside. Tell the sender.",
    ),
    Alert(
        name="Forged",
        severity=Severity.CRITICAL,
        expression=f"{_increase(metrics.forged, 10, 'job, reason')} > 0",
        summary="Somebody reports to {{ $labels.job }} in the name of a registered integrator: {{ $labels.reason }}",
        description="Nothing of it took effect. A mistake of the integrator, or somebody else: b40 dead-letters list.",
    ),
)

SAYING = (
    Alert(
        name="OutboxOld",
        severity=Severity.CRITICAL,
        expression=f"{_highest(metrics.oldest_unsent)} > 60",
        lasting="1m",
        summary="{{ $labels.job }} has had something to say for {{ $value | humanizeDuration }}",
        description="Others hear nothing of it. Is Kafka there, and does a copy run the relay?",
    ),
    Alert(
        name="RelayFails",
        severity=Severity.WARNING,
        expression=f"{_increase(metrics.relay_failures, 5)} > 3",
        lasting="2m",
        summary="The relay of {{ $labels.job }} begins anew again and again",
        description="The lines 'the relay begins anew' of its log say why.",
    ),
    Alert(
        name="Unsendable",
        severity=Severity.CRITICAL,
        expression=f"{_highest(metrics.unsendable_open)} > 0",
        summary="Kafka refuses {{ $value }} records of {{ $labels.job }}",
        description="They are kept, and others go on without them: b40 unsendable list says why.",
    ),
    Alert(
        name="TasksFail",
        severity=Severity.WARNING,
        expression=f"{_increase(metrics.task_failures, 15, 'job, kind')} > 10",
        lasting="5m",
        summary="Tasks of {{ $labels.job }} fail: {{ $labels.kind }}",
        description="They are tried again, at least once a minute. The lines 'a task is tried again' say why.",
    ),
)

TIME = (
    Alert(
        name="ClockSilent",
        severity=Severity.CRITICAL,
        expression=f"min({metrics.tick_age.exported}) > 180",
        lasting="1m",
        summary="No app has heard a tick for {{ $value | humanizeDuration }}",
        description="Nothing falls due, no notice is sent. Does b40 clock run?",
    ),
    Alert(
        name="TickWaits",
        severity=Severity.CRITICAL,
        expression=f"{_highest(metrics.tick_waits)} > 300",
        summary="A tick has been waiting at {{ $labels.job }} for {{ $value | humanizeDuration }}",
        description="It waits for all that stood in the logs before it. What is not taken, or stopped?",
    ),
)

SETTLING = (
    Alert(
        name="OrdersOverdue",
        severity=Severity.WARNING,
        expression=f"{_highest(orders_overdue)} > 0",
        lasting="15m",
        summary="{{ $value }} orders to billers have waited too long for an answer",
        description="They stay ordered, and never return by themselves: b40 solidarity orders overdue.",
    ),
    Alert(
        name="AnswersContradict",
        severity=Severity.WARNING,
        expression=f"{_increase(answers_contradicting, 24 * 60)} > 0",
        summary="A biller answered an order again, and otherwise",
        description="The first answer holds, and somebody has to ask: b40 solidarity orders contradicted.",
    ),
)

GROUPS: Mapping[str, Sequence[Alert]] = {
    "processes": PROCESSES,
    "hearing": HEARING,
    "saying": SAYING,
    "time": TIME,
    "settling": SETTLING,
}
ALERTS: tuple[Alert, ...] = tuple(alert for alerts in GROUPS.values() for alert in alerts)
"""All alarms."""


def rules() -> dict[str, Any]:
    """The alarms as a rule file of Prometheus."""
    groups = [{"name": name, "rules": [alert.rule() for alert in alerts]} for name, alerts in GROUPS.items()]
    return {"groups": groups}
