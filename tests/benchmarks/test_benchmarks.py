"""The benchmarks run, on a small load, and their arithmetic is right."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from b40_contracts.cloudevents import describe, from_kafka, read, to_kafka
from rich.console import Console

from tests.benchmarks import events, report
from tests.benchmarks.contender import Begun, Ours, Started
from tests.benchmarks.growing import Templates
from tests.benchmarks.intake import Callers, measure_intake
from tests.benchmarks.intake import summary as summary_of_intake
from tests.benchmarks.latency import Pace, latency, measure_latency, quantile
from tests.benchmarks.peers.ceiling import measure_ceiling
from tests.benchmarks.peers.python import Documented
from tests.benchmarks.pipeline import Load, Wrong, measure, summary
from tests.benchmarks.profile import shares
from tests.benchmarks.relaying import measure_relay
from tests.benchmarks.report import Aim, Figure, Row
from tests.benchmarks.rows import BENCHMARKS
from tests.benchmarks.site import Machine, Site
from tests.support.ledger.facts import TransferReported

SMALL = Load(2_000)


class Doubling:
    """Ours, with one transfer too many in the books."""

    name = "doubling"

    @asynccontextmanager
    async def running(self, site: Site) -> AsyncIterator[Started]:
        async with Ours().running(site) as started:

            async def begun() -> Begun:
                first = await started.begun()
                await site.value(
                    """INSERT INTO transfer (account, number, receiver, amount)
                       SELECT account, number, receiver, amount FROM transfer LIMIT 1 RETURNING 1"""
                )
                return first

            yield replace(started, begun=begun)


@pytest.fixture(scope="session")
def machine(kafka: str, postgres: str) -> Machine:
    return Machine(kafka, postgres)


def test_the_events_are_those_of_the_contract() -> None:
    """Breaks if what is written by hand for speed is not what an integrator's library writes."""
    for number, record in enumerate(events.transfers(2 * events.ACCOUNTS)):
        cloud_event = from_kafka(record.key, record.value, record.headers)
        transfer = read(cloud_event, {TransferReported.type: TransferReported})
        assert isinstance(transfer, TransferReported)
        assert cloud_event.time is not None
        again = to_kafka(describe(transfer, id=cloud_event.id, source=cloud_event.source, time=cloud_event.time))
        assert (again.key, json.loads(again.value or b"")) == (record.key, json.loads(record.value or b""))
        assert sorted(again.headers) == sorted(record.headers)
        assert events.number_of(transfer.account, transfer.number) == number


@pytest.mark.parametrize(("ids", "version"), [(events.time_ordered, 8), (events.random, 4)])
def test_ids_are_distinct_and_come_out_the_same_again(ids: events.Ids, version: int) -> None:
    some = [ids(number) for number in range(3_000)]
    assert len(set(some)) == 3_000
    assert {each.version for each in some} == {version}
    assert some == [ids(number) for number in range(3_000)]
    assert (some == sorted(some)) == (version == 8)


async def test_our_pipeline_is_measured(machine: Machine) -> None:
    run = await measure(Ours(), machine, SMALL)
    assert run.events == SMALL.count
    assert set(run.microseconds) == {"consumer", "relay", "reader", "Kafka", "PostgreSQL"}
    assert run.megabytes_max["consumer"] > 10


async def test_what_was_not_booked_once_is_no_figure(machine: Machine) -> None:
    """Breaks if a contender that does less than the work gets a speed for it."""

    with pytest.raises(Wrong, match="booked 2001 of 2000"):
        await measure(Doubling(), machine, SMALL)


async def test_the_relay_alone_is_measured(machine: Machine) -> None:
    run = await measure_relay(machine, SMALL)
    assert run.events == SMALL.count
    assert set(run.microseconds) == {"relay", "reader", "Kafka", "PostgreSQL"}


async def test_the_ceiling_writes_all_rows(machine: Machine) -> None:
    assert (await measure_ceiling(machine, SMALL)).per_second > 0


async def test_a_peer_in_python_is_measured(machine: Machine) -> None:
    assert (await measure(Documented(), machine, Load(50))).events == 50


async def test_latency_is_measured(machine: Machine) -> None:
    found = await measure_latency(Ours(together=True), machine, Pace(50, 1))
    assert 0 < found.p50 <= found.p99 <= found.most


@pytest.mark.parametrize("callers", [Callers(2), Callers(2, batch=10)], ids=lambda callers: callers.name)
async def test_the_intake_is_measured_over_https(machine: Machine, callers: Callers) -> None:
    found = await measure_intake(callers, machine, seconds=1, warm_up=1)
    assert found.events == found.requests * callers.batch > 0
    assert 0 < found.p50 <= found.p99
    assert set(found.microseconds) == {"app", "client", "Kafka", "PostgreSQL"}


def test_what_was_answered_in_the_warm_up_is_not_counted() -> None:
    answered = [[0.5, 0.9], [1.5, 0.02], [2.5, 0.01], [3.5, 0.9]]
    found = summary_of_intake(answered, 10, 1.0, 2.0, {"app": 0.001})
    assert (found.events, found.per_second, found.cold_per_second) == (20, 10.0, 10.0)
    assert (round(found.p50), round(found.p99), found.microseconds) == (10, 20, {"app": 50.0})


async def test_an_inbox_begins_with_rows(machine: Machine) -> None:
    templates = Templates(machine)
    try:
        for random in (False, True):
            async with Site(machine, await templates.with_inbox(1_000, random=random)) as site:
                assert await site.value("SELECT count(*) FROM b40.inbox") == 1_000
    finally:
        await templates.drop()


def test_a_speed_leaves_out_the_warm_up() -> None:
    seen = [[10.5, 100], [11.0, 400], [12.0, 500], [14.0, 1_000]]
    run = summary(Begun(10.0, 200), seen, {"consumer": 3.0}, {})
    assert (run.seconds, run.per_second, run.cold_per_second) == (4.0, 200.0, 200.0)
    assert run.microseconds == {"consumer": 5_000.0}


def test_latency_counts_the_first_sight_of_each_event() -> None:
    sent = [0.0, 1.0, 2.0]
    seen = [[0.5, "account-0", 1], [1.01, "account-1", 1], [2.03, "account-2", 1], [9.0, "account-2", 1]]
    found = latency(sent, seen, uncounted=1)
    assert (round(found.p50), round(found.most)) == (10, 30)


@pytest.mark.parametrize(("share", "value"), [(0.5, 5), (0.99, 10), (0.1, 1), (1.0, 10)])
def test_a_quantile_is_a_value_that_was_seen(share: float, value: float) -> None:
    assert quantile(list(range(1, 11)), share) == value


def test_ratios_are_of_the_same_round_against_the_best_peer() -> None:
    aim = Aim("ours", ("slow", "fast"), least=1.2)
    row = Row("pipeline", "pipeline", True, [aim])
    row.figures = {
        "ours": Figure("events/s", [20.0, 30.0, 40.0]),
        "slow": Figure("events/s", [1.0, 1.0, 1.0]),
        "fast": Figure("events/s", [10.0, None, 25.0]),
    }
    (judged,) = row.judgements()
    assert (judged.against, judged.values, judged.met()) == ("fast", [2.0, 1.6], True)


@pytest.mark.parametrize(("values", "met"), [([21.0], False), ([19.0], True), ([None], None)])
def test_an_aim_may_be_a_limit(values: list[float | None], met: bool | None) -> None:
    row = Row("latency", "latency", False, [Aim("ours", most=20)], {"ours": Figure("ms", values)})
    assert [each.met() for each in row.judgements()] == [met]


def test_the_report_is_a_table_and_a_file(tmp_path: Path) -> None:
    details = {"microseconds": {"consumer": 20.0, "Kafka": 5.0}, "cold_per_second": 9_000.0}
    row = Row("pipeline", "our pipeline", True, [Aim("ours", least=1)])
    row.figures = {"ours": Figure("events/s", [8_000.0], [details])}
    console = Console(record=True, width=200)
    report.show(console, [row])
    told = console.export_text()
    assert "our pipeline" in told
    assert "consumer 20.0, Kafka 5.0" in told
    report.write(tmp_path / "report.json", {"cores": 2}, [row])
    assert json.loads((tmp_path / "report.json").read_text())["rows"][0]["figures"]["ours"]["median"] == 8_000.0


def test_a_profile_counts_a_function_once_per_stack() -> None:
    own, whole = shares(["main (app.py:1);walk (a/b/c.py:2);walk (a/b/c.py:9) 3", "main (app.py:1) 1"])
    assert own == {"walk (b/c.py)": 3, "main (app.py)": 1}
    assert whole == {"walk (b/c.py)": 3, "main (app.py)": 4}


def test_every_aim_names_who_is_measured() -> None:
    for benchmark in BENCHMARKS:
        named = {name for aim in benchmark.aims for name in (aim.of, *aim.against)}
        assert named <= set(benchmark.tries), benchmark.name
