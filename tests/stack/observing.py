"""What is seen of a running stack: its metrics and alarms at Prometheus, its traces at Jaeger, and nothing sealed."""

import json
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from b40_chassis.metrics import METRICS
from b40_contracts.cloudevents import describe, to_http_structured
from b40_contracts.event import Event
from b40_contracts.platform import APPS
from b40_contracts.registry import CityProfileReported
from b40_infra.observation.alerts import ALERTS
from b40_infra.observation.own import OF_APPS
from b40_infra.season_publish import Integrator
from b40_infra.stack import Stack

from tests.journeys.given import burgas, membership
from tests.solidarity.given import gift_reported
from tests.stack.observatory import Observatory, Span
from tests.stack.running import INFRA, compose
from tests.support.ground import until

AFTER_THE_SEASON = datetime(2022, 10, 26, tzinfo=UTC)
READER, ADDRESS = "11111111-2222-4333-8444-555555555555", "observer@b40.example"
SEALED_APPS = ("solidarity-needs", "solidarity-gifts", "solidarity-matcher")
"""What they hear in their turn (*main*) is sealed, all of it."""
SAID_OF_A_SPAN = {
    "span.kind", "internal.span.format", "otel.scope.name", "otel.status_code", "otel.status_description", "error",
    "service.namespace", "service.instance.id", "telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Story:
    """Something that happens on the stack: since when, and in which traces its senders tell of it."""

    number: str = field(default_factory=lambda: secrets.token_hex(4))
    since: int = field(default_factory=lambda: time.time_ns() // 1_000)
    admission: str = field(default_factory=lambda: secrets.token_hex(16))
    gift: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def name(self) -> str:
        """The name of its city, as mails tell it."""
        return f"Nova {self.number}"

    def city(self) -> CityProfileReported:
        """A city that nobody else has: a code has no 0 and no 1."""
        code = "BG" + self.number[:3].upper().translate(str.maketrans("01", "GH"))
        new = {"code": code, "geonames": int(self.number[3:], 16) + 1, "names": {"en": self.name}}
        return burgas().model_copy(update=new)

    async def happen(self, stack: Stack) -> None:
        """A city is admitted, of which a reader is told; and a gift is reported, sealed."""
        city = self.city()
        async with Integrator(stack.ways) as integrator:
            await integrator.tick(AFTER_THE_SEASON)
            await integrator.enter({"id": READER, "address": ADDRESS, "about": ["membership"]})
            await stack.quiet(60)
            await self._report(integrator, "registry", city, "city")
            await self._report(integrator, "registry", membership(city.code, "2022-10-25"), "member", self.admission)
            await self._report(integrator, "solidarity-gifts", gift_reported(self.number, 5_000), "gift", self.gift)
            await stack.quiet(60)

    async def _report(self, integrator: Integrator, app: str, event: Event, what: str, trace: str = "") -> None:
        context = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"} if trace else {}
        id_, source = f"{what}-{self.number}", "//observer.b40.example"
        message = to_http_structured(describe(event, id=id_, source=source, time=AFTER_THE_SEASON, extensions=context))
        answer = await integrator.call("POST", app, "/intake", content=message.body, headers=dict(message.headers))
        assert answer.status_code == 202, answer.text


@pytest.fixture
async def seen(stack: Stack) -> AsyncIterator[Observatory]:
    async with Observatory(stack.ways.trusted) as seen:
        yield seen


@pytest.fixture
async def story(stack: Stack) -> Story:
    """What has happened."""
    story = Story()
    await story.happen(stack)
    return story


async def linked(seen: Observatory, story: Story, app: str, name: str, to: str) -> str:
    """The trace of a span of this name that is linked to a trace, when Jaeger has it. Raises TimeoutError."""
    found: list[Span] = []

    async def there() -> bool:
        spans = await seen.spans(app, story.since, operation=name)
        found[:] = [span for span in spans if to in span.links]
        return bool(found)

    await until(there, 60)
    return found[0].trace


def questions_of(dashboard: Path) -> list[str]:
    panels = json.loads(dashboard.read_text("utf-8"))["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", ())]


async def spans_of_all(seen: Observatory, since: int) -> list[Span]:
    return [span for app in await seen.apps() for span in await seen.spans(app, since)]


def test_prometheus_takes_its_settings_and_every_alarm(started: None) -> None:
    """Breaks if what is generated is wrong in the eyes of Prometheus' own tool."""
    told = compose("exec", "--no-TTY", "prometheus", "promtool", "check", "config", "/etc/b40/prometheus.yaml")
    assert f"{len(ALERTS)} rules found" in told


async def test_prometheus_sees_every_app_and_watches_for_every_alarm(seen: Observatory) -> None:
    """Breaks if a target is not reached, or an alarm cannot be evaluated: nobody would be woken."""

    async def all_well() -> bool:
        targets, alarms = await seen.targets(), await seen.alarms()
        assert alarms.keys() == {alert.name for alert in ALERTS}
        assert targets.keys() == set(APPS)
        return {*targets.values()} == {"up"} and {*alarms.values()} == {"ok"}

    await until(all_well, 90)


async def test_every_metric_of_the_catalogue_is_there_when_something_has_happened(
    seen: Observatory, story: Story
) -> None:
    """Breaks if a metric is measured and not exported, or asked for under another name."""
    missing: list[str] = []

    async def none_is_missing() -> bool:
        missing.clear()
        for metric in METRICS:
            jobs = {each["metric"]["job"] for each in await seen.query(f"count by (job) ({metric.samples[0]})")}
            if not jobs or (metric.labels == () and jobs != set(APPS)):
                missing.append(f"{metric.samples[0]}: {sorted(jobs)}")
        for app, metric in ((app, metric) for app, own in OF_APPS.items() for metric in own):
            jobs = {each["metric"]["job"] for each in await seen.query(f"count by (job) ({metric.samples[0]})")}
            if jobs != {app}:
                missing.append(f"{metric.samples[0]}: {sorted(jobs)}")
        return not missing

    try:
        await until(none_is_missing, 60)
    except TimeoutError:
        raise AssertionError(missing) from None


@pytest.mark.parametrize("file", sorted((INFRA / "observation/dashboards").iterdir()), ids=lambda file: file.stem)
async def test_prometheus_answers_every_question_of_a_dashboard(seen: Observatory, file: Path) -> None:
    """Breaks if a panel would show an error."""
    asked = questions_of(file)
    assert asked
    for expression in asked:
        await seen.query(expression)


async def test_a_story_is_followed_from_its_report_to_the_mail_by_links(seen: Observatory, story: Story) -> None:
    """Breaks if a step tells of no span, its context gets lost on the way, or all is one endless trace."""

    async def told() -> bool:
        return any(story.name in subject for subject in await seen.mails_to(ADDRESS))

    await until(told, 60)
    reported = await linked(seen, story, "registry", "take a report", story.admission)
    admitted = await linked(seen, story, "registry", "take main", reported)
    heard = await linked(seen, story, "notify", "take main", admitted)
    sent = await linked(seen, story, "notify", "perform send notice", heard)
    confirmed = await linked(seen, story, "notify", "take first", sent)
    elsewhere = await linked(seen, story, "events", "take first", admitted)
    assert len({story.admission, reported, admitted, heard, sent, confirmed, elsewhere}) == 7


async def test_nothing_sealed_is_seen(seen: Observatory, story: Story) -> None:
    """INVARIANT: traces do not cross sealed topics. Breaks if a report of a gift, or who took it, is told of."""
    await linked(seen, story, "registry", "take a report", story.admission)  # so what came before it is there too
    spans = await spans_of_all(seen, story.since)
    assert [span for span in spans if story.gift in (*span.links, span.trace)] == []
    names = {(span.app, span.name) for span in spans}
    assert ("registry", "take a report") in names
    for app in SEALED_APPS:
        assert names & {(app, "take a report"), (app, "take main")} == set(), app


async def test_spans_say_who_and_how_long_and_nothing_else(seen: Observatory, story: Story) -> None:
    """INVARIANT: no personal data in traces. Breaks if a library or a handler adds what something was about."""
    await linked(seen, story, "registry", "take a report", story.admission)
    spans = await spans_of_all(seen, story.since)
    assert {span.app for span in spans} <= set(APPS)
    assert {tag for span in spans for tag in span.tags} <= SAID_OF_A_SPAN
    assert {span.name.split()[0] for span in spans} <= {"take", "perform"}
