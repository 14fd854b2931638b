"""A household is helped within its policy's cap, however many attestations it has."""

from datetime import date, timedelta
from typing import Any

from b40_chassis.hears import Connection
from b40_contracts.solidarity import NEEDS, NeedOpened, NeedWithdrawalReported, Policy
from b40_solidarity.needs.handlers.attestations import enter_attestations
from b40_solidarity.needs.handlers.billers import state_biller
from b40_solidarity.needs.handlers.bills import open_needs
from b40_solidarity.needs.handlers.withdrawals import withdraw_need
from b40_solidarity.needs.store import cities, needs, policies

from tests.solidarity.given import MONDAY, after, attestation, bill, biller, named, policy
from tests.solidarity.handled import announced_by, heard

MORNING = after(9)
CAP_MINOR = 60_000
"""Of an attestation, and of the policy."""


async def attest(connection: Connection, **households: str) -> None:
    """Attestations of these names, each of a household; the one named *old* held until yesterday."""
    await cities.enter(connection, ["TRIST"])
    await policies.put(connection, Policy(**policy().model_dump(), reported_at=MONDAY))
    await announced_by(connection, state_biller, heard(biller(), "biller", MONDAY), MORNING, NEEDS)
    reports = [
        attestation(name, household=household, **({"until": date(2022, 7, 3)} if name == "old" else {}))
        for name, household in households.items()
    ]
    await _heard(connection, enter_attestations, reports)


async def ask(connection: Connection, **amounts_minor: int) -> list[int]:
    """The amounts of those bills, each under the attestation of its name, that are opened together."""
    reports = [bill(f"{name} {minor}", minor, of=name) for name, minor in amounts_minor.items()]
    return [one.event.amount_minor for one in await _heard(connection, open_needs, reports)]


async def _heard(connection: Connection, handler: Any, reports: list[Any]) -> list[Any]:
    causes = [heard(report, f"{report.type} {report.model_dump_json()}", MORNING) for report in reports]
    said = await announced_by(connection, handler, causes, MORNING, NEEDS)
    return [one for one in said if isinstance(one.event, NeedOpened)]


async def test_two_attestations_are_no_two_caps(needs_connection: Connection) -> None:
    """Breaks if a household gets twice as much when it is attested twice; one bill after the other, or together."""
    await attest(needs_connection, first="a", second="a", other="b")
    assert await ask(needs_connection, first=40_000) == [40_000]
    assert await ask(needs_connection, second=30_000, other=30_000) == [30_000]
    assert await ask(needs_connection, first=15_000, second=10_000) == [15_000]
    assert await ask(needs_connection, second=5_000) == [5_000]


async def test_what_an_attestation_that_ended_allowed_is_not_counted(needs_connection: Connection) -> None:
    """Breaks if a household that was helped once is never helped again."""
    await attest(needs_connection, old="a", new="a")
    await needs_connection.execute(
        "UPDATE attestation SET opened_minor = 50_000 WHERE id = $1", named("attestation old")
    )
    assert await ask(needs_connection, new=CAP_MINOR) == [CAP_MINOR]


async def test_what_is_withdrawn_may_be_asked_for_again(needs_connection: Connection) -> None:
    await attest(needs_connection, first="a", second="a")
    assert await ask(needs_connection, first=50_000) == [50_000]
    report = NeedWithdrawalReported(need=named("need first 50000"), attestation=named("attestation first"))
    await announced_by(needs_connection, withdraw_need, heard(report, "withdrawn", MORNING), MORNING, NEEDS)
    assert await ask(needs_connection, second=CAP_MINOR) == [CAP_MINOR]


async def test_bills_that_waited_are_each_counted_by_their_own_day(needs_connection: Connection) -> None:
    """Breaks if what an attestation allowed until yesterday takes away from a bill of today, as another is older."""
    await attest(needs_connection, first="a")
    await _heard(needs_connection, enter_attestations, [attestation("first", household="a", until=MONDAY.date())])
    assert await ask(needs_connection, first=50_000) == [50_000]
    for number, minor in enumerate((10_000, 50_000)):
        time = MORNING + timedelta(days=number)
        cause = heard(bill(f"of day {number}", minor, of="second"), f"bill {number}", time)
        assert await announced_by(needs_connection, open_needs, [cause], time, NEEDS) == []
    opened = await _heard(needs_connection, enter_attestations, [attestation("second", household="a")])
    assert [one.event.amount_minor for one in opened] == [10_000, 50_000]


async def test_a_bill_of_which_a_rest_stands_is_not_opened_again(needs_connection: Connection) -> None:
    """Breaks if a bill is paid again that was rejected in its first part and is paid in another."""
    await attest(needs_connection, first="a")
    assert await ask(needs_connection, first=10_000) == [10_000]
    (need,) = await needs.lock_parts(needs_connection, named("need first 10000"))
    rest = need.rest(4_000, id_=named("rest"), working=named("working"), line=named("line"), part=2)
    await needs.enter(needs_connection, [rest])
    await needs.withdraw(needs_connection, [need.id])
    again = [bill("again", 10_000, of="first", tag=need.tag)]
    assert await _heard(needs_connection, open_needs, again) == []
    await needs.withdraw(needs_connection, [rest.id])
    assert len(await _heard(needs_connection, open_needs, again)) == 1
