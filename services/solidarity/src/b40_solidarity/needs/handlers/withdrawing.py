"""Open needs that are met no more: in the table, in what their attestations allow, and in the books."""

from collections import Counter
from collections.abc import Sequence

from b40_chassis.work import Work

from b40_solidarity.needs.store import attestations, books, needs
from b40_solidarity.needs.store.needs import StoredNeed


async def withdraw(withdrawn: Sequence[StoredNeed], work: Work) -> None:
    """Withdraw open needs; their attestations allow as much again."""
    await needs.withdraw(work.connection, [need.id for need in withdrawn])
    await attestations.count_opened(work.connection, [(need.attestation, -need.amount_minor) for need in withdrawn])
    sums: Counter[str] = Counter()
    for need in withdrawn:
        sums[need.currency] += need.amount_minor
    for currency, amount_minor in sorted(sums.items()):
        await books.transfer(work.connection, currency, amount_minor, debit="withdrawn", credit="waiting")
