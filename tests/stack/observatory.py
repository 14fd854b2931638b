"""What is seen of a stack: metrics and alarms at Prometheus, spans at Jaeger, mails at the catcher."""

import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

PROMETHEUS, JAEGER, MAIL = "https://localhost:9090", "https://localhost:16686", "https://localhost:8025"
SPANS_MAX = 1_500


@dataclass(frozen=True, slots=True)
class Span:
    """A span as Jaeger shows it; ``links`` are the traces that it is linked to, ``tags`` the names of all it says."""

    app: str
    name: str
    trace: str
    links: tuple[str, ...]
    tags: frozenset[str]


class Observatory:
    """Looks at a stack from this machine."""

    def __init__(self, trusted: ssl.SSLContext | bool) -> None:
        self._http = httpx.AsyncClient(verify=trusted, timeout=20, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def query(self, expression: str) -> list[dict[str, Any]]:
        """The series that an expression gives now. Raises HTTPStatusError if Prometheus does not take it."""
        data = await self._asked(f"{PROMETHEUS}/api/v1/query", query=expression)
        return list(data["data"]["result"])

    async def targets(self) -> dict[str, str]:
        """Whether each app is up, by its name."""
        data = await self._asked(f"{PROMETHEUS}/api/v1/targets")
        return {target["labels"]["job"]: target["health"] for target in data["data"]["activeTargets"]}

    async def alarms(self) -> dict[str, str]:
        """The health of each alarm, by its name: ``ok`` when it was evaluated."""
        data = await self._asked(f"{PROMETHEUS}/api/v1/rules")
        return {rule["name"]: rule["health"] for group in data["data"]["groups"] for rule in group["rules"]}

    async def apps(self) -> list[str]:
        """The apps that told of spans."""
        return list((await self._asked(f"{JAEGER}/api/services"))["data"] or ())

    async def spans(self, app: str, since: int, **filters: str) -> Sequence[Span]:
        """The spans of an app that began since a moment, in microseconds."""
        data = await self._asked(f"{JAEGER}/api/traces", service=app, start=since, limit=SPANS_MAX, **filters)
        assert len(data["data"]) < SPANS_MAX, "there are more, which are not seen"
        return [span for trace in data["data"] for span in _spans_of(trace)]

    async def mails_to(self, address: str) -> list[str]:
        """The subjects of the mails to an address."""
        data = await self._asked(f"{MAIL}/api/v1/search", query=f"to:{address}")
        return [mail["Subject"] for mail in data["messages"]]

    async def _asked(self, url: str, **parameters: str | int) -> dict[str, Any]:
        answer = await self._http.get(url, params=parameters)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


def _spans_of(trace: dict[str, Any]) -> Iterator[Span]:
    for span in trace["spans"]:
        process = trace["processes"][span["processID"]]
        said = [*span["tags"], *process["tags"], *(field for log in span["logs"] or () for field in log["fields"])]
        yield Span(
            app=process["serviceName"],
            name=span["operationName"],
            trace=span["traceID"],
            links=tuple(reference["traceID"] for reference in span["references"]),
            tags=frozenset(tag["key"] for tag in said),
        )
