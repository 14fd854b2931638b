"""What a metric is: its kind, its unit, its labels, and the names under which Prometheus knows it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from opentelemetry import metrics as opentelemetry_metrics

_meter = opentelemetry_metrics.get_meter("b40")


class Unit(StrEnum):
    """What a metric counts or measures, in UCUM; what stands in braces is no part of a name."""

    SECONDS = "s"
    RECORDS = "{record}"
    EVENTS = "{event}"
    BATCHES = "{batch}"
    TASKS = "{task}"
    ROWS = "{row}"
    PARTITIONS = "{partition}"
    FAILURES = "{failure}"
    ONE = "1"
    """A plain number: of a question 1 for yes, 0 for no."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. ``labels`` are the names of all its labels, in the order in which they are given."""

    name: str
    unit: Unit
    description: str
    labels: tuple[str, ...] = ()

    @property
    def exported(self) -> str:
        """The name of its family at Prometheus: with its unit, if it has one that is measured."""
        suffix = "_seconds" if self.unit is Unit.SECONDS else ""
        return self.name + suffix

    @property
    def samples(self) -> tuple[str, ...]:
        """The names of its samples at Prometheus."""
        return (self.exported,)

    def _checked(self, labels: dict[str, str]) -> dict[str, str]:
        assert tuple(labels) == self.labels, f"{self.name} has the labels {self.labels}, not {tuple(labels)}"
        return labels


@dataclass(frozen=True, slots=True)
class Counter(Metric):
    """Rises only."""

    _instrument: opentelemetry_metrics.Counter = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        instrument = _meter.create_counter(self.name, unit=self.unit, description=self.description)
        object.__setattr__(self, "_instrument", instrument)

    @property
    def samples(self) -> tuple[str, ...]:
        """The names of its samples at Prometheus."""
        return (f"{self.exported}_total",)

    def begin(self, **labels: str) -> None:
        """Be there, at 0: the first rise of what was not there is not seen."""
        self._instrument.add(0, self._checked(labels))

    def add(self, number: int, **labels: str) -> None:
        """Count so many more. Nothing costs nothing: most of what a batch counts is 0."""
        if number:
            self._instrument.add(number, self._checked(labels))


@dataclass(frozen=True, slots=True)
class Gauge(Metric):
    """Rises and falls."""

    _instrument: "opentelemetry_metrics._Gauge" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        instrument = _meter.create_gauge(self.name, unit=self.unit, description=self.description)
        object.__setattr__(self, "_instrument", instrument)

    def set(self, value: float, **labels: str) -> None:
        """Say how it is now."""
        self._instrument.set(value, self._checked(labels))


@dataclass(frozen=True, slots=True)
class Histogram(Metric):
    """How often values were below each of these ``bounds``, and their sum."""

    bounds: Sequence[float] = ()
    _instrument: opentelemetry_metrics.Histogram = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        instrument = _meter.create_histogram(
            self.name,
            unit=self.unit,
            description=self.description,
            explicit_bucket_boundaries_advisory=self.bounds,
        )
        object.__setattr__(self, "_instrument", instrument)

    @property
    def samples(self) -> tuple[str, ...]:
        """The names of its samples at Prometheus; the first has the label ``le`` besides."""
        return tuple(f"{self.exported}_{part}" for part in ("bucket", "sum", "count"))

    def record(self, value: float, **labels: str) -> None:
        """Note one value."""
        self._instrument.record(value, self._checked(labels))
