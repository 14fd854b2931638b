"""Who reads what is public, or what hints: records and statistics, open topics, telemetry. They know both sides' names
from neighbours and friends, and look for anything that ties one to the other."""

from b40_contracts.catalogue import TOPICS

from tests.solidarity.attackers.evidence import Evidence
from tests.solidarity.attackers.joins import Eyes, Sight
from tests.solidarity.attackers.roles.common import Role, carried, friends, neighbours, windows
from tests.solidarity.attackers.searching import named_in

OPEN = {topic.name for topic in TOPICS if not topic.sealed}


def of_records(evidence: Evidence) -> list[Eyes]:
    """The sums of all windows beside what friends and neighbours tell."""
    return [Eyes(friends(evidence), neighbours(evidence), windows=windows(evidence), carried=carried(evidence))]


def of_open_topics(evidence: Evidence) -> list[Eyes]:
    """What every service may hear, its words searched for names."""
    texts = [
        f"{heard.id} {heard.key} {heard.correlation} {heard.traceparent} {heard.event.model_dump_json()}"
        for heard in evidence.heard
        if heard.topic in OPEN and heard.event is not None
    ]
    return [_searched(evidence, texts)]


def of_telemetry(evidence: Evidence) -> list[Eyes]:
    """Lines of logs, spans and metrics, searched for names."""
    lines = [*evidence.logs.splitlines(), *evidence.traces.split("\n}\n"), *"\n".join(evidence.metrics).splitlines()]
    return [_searched(evidence, lines)]


def identifiers_in(evidence: Evidence, texts: list[str]) -> dict[str, set[str]]:
    """By party, the places in which an identifier of it stands."""
    found: dict[str, set[str]] = {}
    for place, text in enumerate(texts):
        for name in named_in(text, evidence.names):
            found.setdefault(name, set()).add(str(place))
    return found


def _searched(evidence: Evidence, texts: list[str]) -> Eyes:
    found = identifiers_in(evidence, texts)

    def marked(sights: list[Sight]) -> list[Sight]:
        places = [(sight, found.get(sight.who, set())) for sight in sights]
        return [sight._replace(words=frozenset(at), axis=min(map(float, at)) if at else None) for sight, at in places]

    return Eyes(marked(friends(evidence)), marked(neighbours(evidence)), windows=windows(evidence))


RECORD_READER = Role("record and statistics reader", of_records)
ANOTHER_SERVICE = Role("another service", of_open_topics)
TELEMETRY_READER = Role("telemetry reader", of_telemetry)
