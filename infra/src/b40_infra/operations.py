"""What the apps' operations ports tell, and the repairs that they offer."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from b40_infra.errors import Trouble
from b40_infra.trust import trusted

ANSWER_SECONDS_MAX = 30.0
COMPARE_SECONDS_MAX = 1_800.0
"""An app that compares its archive with Kafka reads both whole."""


class Operations:
    """The operations ports of some apps, by name."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = urls
        self._http = httpx.Client(timeout=ANSWER_SECONDS_MAX, trust_env=False, verify=trusted())

    @property
    def apps(self) -> Sequence[str]:
        """Names of the apps."""
        return tuple(self._urls)

    def status(self, app: str) -> dict[str, Any] | None:
        """What an app says of itself, or None if it does not answer."""
        try:
            status: dict[str, Any] = self.ask("GET", app, "/status")
        except Trouble:
            return None
        return status

    def lag(self, app: str) -> int | None:
        """How many records of the logs an app has not taken, or None if it or Kafka does not answer."""
        try:
            by_topic: dict[str, int] = self.ask("GET", app, "/lag")
        except Trouble:
            return None
        return sum(by_topic.values())

    def positions(self, app: str) -> list[dict[str, Any]]:
        """The next offset of every partition that an app hears, by its subscribers."""
        positions: list[dict[str, Any]] = self.ask("GET", app, "/positions")
        return positions

    def resume(self, app: str, topic: str, partition: int, begin: str) -> int:
        """Have a stopped partition go on; returns the next offset."""
        path = f"/positions/{topic}/{partition}/resume"
        return int(self.ask("POST", app, path, json={"begin": begin})["next_offset"])

    def rewind(self, app: str, topic: str, where: Mapping[str, Any]) -> list[dict[str, int]]:
        """Have an app hear a topic again; returns where each partition stood, and where it begins again."""
        rewound: list[dict[str, int]] = self.ask("POST", app, f"/positions/{topic}/rewind", json=where)["partitions"]
        return rewound

    def set_aside(self, app: str, state: str | None = None) -> list[dict[str, Any]]:
        """What an app has set aside, without its content; of one state or all."""
        rows: list[dict[str, Any]] = self.ask("GET", app, "/set-aside", params={"state": state} if state else {})
        return rows

    def shown(self, app: str, number: int) -> dict[str, Any]:
        """One of them, whole."""
        row: dict[str, Any] = self.ask("GET", app, f"/set-aside/{number}")
        return row

    def replay(self, app: str, number: int) -> str:
        """Have the app handle its stored bytes again; says what came of it."""
        return str(self.ask("POST", app, f"/set-aside/{number}/replay")["result"])

    def discard(self, app: str, number: int, reason: str) -> None:
        """Give one up, with a reason that is kept."""
        self.ask("POST", app, f"/set-aside/{number}/discard", json={"reason": reason})

    def shown_to_two(self, app: str, number: int, request: dict[str, Any]) -> str:
        """What a dead letter of a sealed topic says, asked for by two people."""
        return str(self.ask("POST", app, f"/set-aside/{number}/show", json=request)["clear"])

    def unsendable(self, app: str) -> list[dict[str, Any]]:
        """What an app has to say and Kafka refuses, without its content."""
        rows: list[dict[str, Any]] = self.ask("GET", app, "/unsendable")
        return rows

    def send_again(self, app: str) -> int:
        """Have it sent again; returns how many."""
        return int(self.ask("POST", app, "/unsendable/send-again")["sent"])

    def republish(self, app: str, topic: str | None, *, dry_run: bool) -> dict[str, dict[str, int]]:
        """Have the app publish again what Kafka lost of its archive; counts by topic."""
        wanted = {"topic": topic, "dry_run": dry_run}
        answer = self.ask("POST", app, "/archive/republish", json=wanted, timeout=COMPARE_SECONDS_MAX)
        topics: dict[str, dict[str, int]] = answer["topics"]
        return topics

    def lost_intake(self, app: str) -> list[dict[str, str]]:
        """Events of integrators that took effect and that Kafka lost: source, id and when they were appended."""
        lost: list[dict[str, str]] = self.ask("GET", app, "/intake/lost", timeout=COMPARE_SECONDS_MAX)
        return lost

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(self, method: str, app: str, path: str, **arguments: Any) -> Any:
        """What an app answers to a request. Raises Trouble, in words, if it does not answer or says no."""
        if app not in self._urls:
            raise Trouble(f"there is no app {app}; those that run are: {', '.join(self._urls)}")
        try:
            answer = self._http.request(method, self._urls[app] + path, **arguments)
        except httpx.HTTPError as error:
            raise Trouble(f"{app} does not answer at {self._urls[app]} ({type(error).__name__})") from None
        if answer.is_error:
            raise Trouble(f"{app} says {answer.status_code}: {problem(answer)}")
        return answer.json()


def problem(answer: httpx.Response) -> str:
    """What a problem document (RFC 9457) says, in one line."""
    try:
        document = answer.json()
        told = [str(document[name]) for name in ("title", "detail") if document.get(name)]
    except (ValueError, AttributeError):
        told = []
    return ": ".join(told) or answer.text[:200] or answer.reason_phrase
