"""Who may do what on Kafka, derived from the catalogue: what is not granted here is denied.

A principal is an app, the clock, an integrator, the operator, or the one that sets topics and access up. Nobody may
create or delete a topic but the latter, and nobody but the named parties read a sealed topic (design 4).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from b40_contracts import catalogue
from b40_contracts.platform import APPS
from b40_contracts.topic import Kind, Topic

OPERATOR = "operator"
"""A person who looks: reads what is not sealed, and sees how far everybody is."""
SETUP = "setup"
"""The job that makes topics and grants access; it reads and writes nothing."""
HEARINGS = ("first", "main", "clock")
"""An app's consumer groups are ``<app>-<hearing>``."""
ALL = "*"
ANNOUNCED = (Kind.FACTS, Kind.STATE)
"""What is said to everybody, where it is not sealed; refusals are the reporter's own, and told over HTTPS."""


class Resource(StrEnum):
    """What an operation is on."""

    TOPIC = "topic"
    GROUP = "group"
    CLUSTER = "cluster"


class Operation(StrEnum):
    """What may be done. Who may read or write may also see that it is there."""

    READ = "read"
    WRITE = "write"
    DESCRIBE = "describe"
    CREATE = "create"
    ALTER = "alter"
    DESCRIBE_CONFIGS = "describe_configs"
    ALTER_CONFIGS = "alter_configs"


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """That a principal may do something to the resource of a name; ``*`` means all of a kind."""

    principal: str
    operation: Operation
    resource: Resource
    name: str

    def __str__(self) -> str:
        what = "the cluster" if self.resource is Resource.CLUSTER else f"{self.resource} {self.name}"
        return f"{self.principal} may {self.operation} {what}"


def grants(
    topics: Sequence[Topic] = catalogue.TOPICS,
    integrators: Mapping[str, Iterable[str]] | None = None,
    prefix: str = "",
) -> frozenset[Grant]:
    """All that is granted. ``integrators`` are names, each with the intakes that it may report on.

    Raises ValueError for an integrator that would be somebody else, or report where integrators do not.
    """
    found = {grant for app in APPS for grant in _of_app(app, topics, prefix)}
    found |= {
        _on(catalogue.CLOCK, Operation.WRITE, prefix + topic.name)
        for topic in topics
        if topic.producer == catalogue.CLOCK
    }
    for name, intakes in (integrators or {}).items():
        found |= set(_of_integrator(name, intakes, topics, prefix))
    return frozenset(found | set(_of_operator(topics, prefix)) | set(_of_setup()))


def _on(principal: str, operation: Operation, topic: str) -> Grant:
    return Grant(principal, operation, Resource.TOPIC, topic)


def _of_app(app: str, topics: Sequence[Topic], prefix: str) -> Iterable[Grant]:
    """Reads what it hears and, to compare its archive with the log, what it says; says what came to it by HTTPS too."""
    heard = [topic for topic in topics if topic.hears(app)]
    said = [topic for topic in topics if topic.producer == app]
    said += [topic for topic in heard if topic.kind is Kind.INTAKE]
    for topic in (*heard, *said):
        yield _on(app, Operation.READ, prefix + topic.name)
    for topic in said:
        yield _on(app, Operation.WRITE, prefix + topic.name)
    for hearing in HEARINGS:
        yield Grant(app, Operation.READ, Resource.GROUP, f"{prefix}{app}-{hearing}")


def _of_integrator(name: str, intakes: Iterable[str], topics: Sequence[Topic], prefix: str) -> Iterable[Grant]:
    """Reports where it was let, follows what is announced in one group of its own name, and reads what is sealed for
    partners (its producer says it, no app hears it) if that was named too: the key is lent apart.
    """
    if name in (*APPS, catalogue.CLOCK, OPERATOR, SETUP):
        raise ValueError(f"an integrator cannot be named {name}: that is somebody else")
    open_ = {topic.name for topic in topics if topic.kind is Kind.INTAKE and not topic.sealed}
    lent = {topic.name for topic in topics if topic.sealed and topic.kind is Kind.FACTS and not topic.consumers}
    for each in intakes:
        if each in open_:
            yield _on(name, Operation.WRITE, prefix + each)
        elif each in lent:
            yield _on(name, Operation.READ, prefix + each)
        else:
            raise ValueError(f"{name} cannot report on {each}: that is no intake, or one that HTTPS alone reaches")
    for topic in topics:
        if topic.kind in ANNOUNCED and not topic.sealed and topic.producer != catalogue.CLOCK:
            yield _on(name, Operation.READ, prefix + topic.name)
    yield Grant(name, Operation.READ, Resource.GROUP, f"{prefix}{name}")


def _of_operator(topics: Sequence[Topic], prefix: str) -> Iterable[Grant]:
    for topic in topics:
        yield _on(OPERATOR, Operation.DESCRIBE if topic.sealed else Operation.READ, prefix + topic.name)
        yield _on(OPERATOR, Operation.DESCRIBE_CONFIGS, prefix + topic.name)
    yield Grant(OPERATOR, Operation.DESCRIBE, Resource.GROUP, ALL)


def _of_setup() -> Iterable[Grant]:
    for operation in (Operation.CREATE, Operation.ALTER, Operation.DESCRIBE):
        yield Grant(SETUP, operation, Resource.CLUSTER, "")
    for operation in (Operation.DESCRIBE, Operation.DESCRIBE_CONFIGS, Operation.ALTER_CONFIGS):
        yield Grant(SETUP, operation, Resource.TOPIC, ALL)
