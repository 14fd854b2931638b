"""``b40 publish FILE``: events from a file, each brought to where its receiver takes them in.

An event's type says to which intake topic it belongs. What belongs on a sealed one goes over HTTP to the app itself,
which alone can seal it. Events of a registered integrator are signed with its key, or come with its API key.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from b40_contracts import catalogue
from b40_contracts.cloudevents import (
    STRUCTURED_CONTENT_TYPE,
    CloudEvent,
    Malformed,
    from_structured,
    read,
    to_structured,
)
from b40_contracts.signing import signed
from b40_contracts.topic import Kind, Topic
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from b40_infra.errors import Trouble
from b40_infra.operations import problem
from b40_infra.publisher import Publisher
from b40_infra.trust import trusted

ANSWER_SECONDS_MAX = 30.0


@dataclass(frozen=True, slots=True)
class Addressed:
    """An event of a file, where it stood, and the topic it belongs on."""

    where: str
    event: CloudEvent
    topic: Topic


def load(path: Path, *, checked: bool = True) -> list[Addressed]:
    """The events of a JSON file (one, or a list) or a JSONL file (one a line), each in structured mode.

    Raises Trouble naming the first one that cannot be read, has a type that is not reported by integrators,
    or, if ``checked``, data that its type does not allow: place, id, field and reason, in one line.
    """
    homes = intake_topics()
    return [_addressed(where, document, homes, checked=checked) for where, document in _documents(path)]


def intake_topics() -> dict[str, Topic]:
    """The intake topic of each type that integrators report."""
    return {event.type: topic for topic in catalogue.TOPICS if topic.kind is Kind.INTAKE for event in topic.events}


class Sender:
    """Sends events: on Kafka, or to the ``/intake`` of the app that hears a sealed topic.

    ``key`` signs what goes to Kafka, ``api_key`` is shown over HTTP; neither is needed for sources nobody registered.
    """

    def __init__(
        self,
        bootstrap: str,
        intakes: Mapping[str, str],
        prefix: str = "",
        key: Ed25519PrivateKey | None = None,
        api_key: str | None = None,
    ) -> None:
        self._publisher = Publisher(bootstrap, prefix)
        self._intakes = intakes
        self._key = key
        shown = {} if api_key is None else {"authorization": f"Bearer {api_key}"}
        self._http = httpx.Client(timeout=ANSWER_SECONDS_MAX, trust_env=False, verify=trusted(), headers=shown)

    def send(self, events: list[Addressed], sent: Callable[[int], None] = lambda _: None) -> None:
        """Send all, in their order per topic. Raises Trouble with the first error, naming the event."""
        for count, addressed in enumerate(events, start=1):
            if addressed.topic.sealed:
                self._post(addressed)
            else:
                self._publisher.publish(addressed.topic, self._signed(addressed.event), where=addressed.where)
            sent(count)
        self._publisher.flush()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _signed(self, event: CloudEvent) -> CloudEvent:
        if self._key is None:
            return event
        return signed(event, self._key.sign, self._key.public_key().public_bytes_raw(), datetime.now(UTC))

    def _post(self, addressed: Addressed) -> None:
        app = addressed.topic.consumers[0].app
        named = f"{addressed.where} (id {addressed.event.id})"
        if app not in self._intakes:
            raise Trouble(f"{named}: {addressed.topic.name} is sealed, and the address of {app} is not known")
        try:
            answer = self._http.post(
                f"{self._intakes[app]}/intake",
                content=json.dumps(to_structured(addressed.event)),
                headers={"content-type": STRUCTURED_CONTENT_TYPE},
            )
        except httpx.HTTPError as error:
            raise Trouble(f"{named}: {app} does not answer ({type(error).__name__})") from None
        if answer.status_code != httpx.codes.ACCEPTED:
            raise Trouble(f"{named}: {app} says {answer.status_code}: {problem(answer)}")


def text_of(path: Path) -> str:
    """What stands in a file. Raises Trouble if it cannot be read, or is not UTF-8."""
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise Trouble(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise Trouble(f"{path.name} is not UTF-8 at byte {error.start}") from None


def _documents(path: Path) -> Iterator[tuple[str, object]]:
    text = text_of(path)
    if path.suffix == ".jsonl":
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip():
                yield f"{path.name} line {number}", _parsed(f"{path.name} line {number}", line)
        return
    whole = _parsed(path.name, text)
    if isinstance(whole, list):
        yield from ((f"{path.name} event {number}", document) for number, document in enumerate(whole, start=1))
    else:
        yield path.name, whole


def _parsed(where: str, text: str) -> object:
    try:
        parsed: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Trouble(f"{where}: is not JSON: {error}") from None
    return parsed


def _addressed(where: str, document: object, homes: Mapping[str, Topic], *, checked: bool) -> Addressed:
    if not isinstance(document, dict):
        raise Trouble(f"{where}: must be a JSON object with the attributes of a CloudEvent")
    named = f"{where} (id {document['id']})" if isinstance(document.get("id"), str) else where
    try:
        event = from_structured(document)
        topic = homes.get(event.type)
        if topic is None:
            raise Malformed("type", f"{event.type} is not reported by integrators; those are: {', '.join(homes)}")
        if checked:
            read(event, {kind.type: kind for kind in topic.events})
    except Malformed as error:
        raise Trouble(f"{named}: {error.field}: {error.reason}") from None
    return Addressed(where, event, topic)
