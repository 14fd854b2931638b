"""A biller: its customers' bills, the orders for it; of payers it knows what their friends do."""

from collections.abc import Iterator

from b40_contracts.solidarity import BillReported, OrderLinesPlaced, OrderPlaced

from tests.solidarity.attackers.evidence import Evidence
from tests.solidarity.attackers.joins import Eyes, Sight
from tests.solidarity.attackers.roles.common import Role, carried, friends, pool_of, windows
from tests.solidarity.given import decrypted


def look(evidence: Evidence) -> list[Eyes]:
    """All billers, each of which may well ask what the others know."""
    return [Eyes(paid(evidence), friends(evidence), windows=windows(evidence), carried=carried(evidence))]


def paid(evidence: Evidence) -> list[Sight]:
    """Customers whose bills were ordered: a biller opens its lines and references, and knows what it confirmed."""
    bills = {heard.event.reference: heard for heard in evidence.events(BillReported)}

    def lines() -> Iterator[Sight]:
        said = [heard.event for heard in evidence.events(OrderLinesPlaced)]
        for heard in evidence.events(OrderPlaced):
            for place, line in enumerate(decrypted(said, heard.event.order)):
                bill = bills[line.reference]
                yield Sight(
                    who=evidence.names[line.reference],
                    hour=heard.event.placed_at,
                    pool=pool_of(bill.event),
                    amount_minor=line.amount_minor,
                    moment=bill.time.timestamp(),
                    place=place,
                    words=frozenset({str(line.line), str(heard.event.order), str(heard.event.remittance)}),
                )

    return list(lines())


BILLER = Role("biller", look)
