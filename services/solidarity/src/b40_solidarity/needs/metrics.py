"""What this side tells of itself beside what every app does.

None has a label: a city, a kind of support, a currency or a biller would tell, live, what the statistics withhold.
"""

from datetime import datetime

from b40_chassis.hears import Connection
from b40_chassis.measures import Counter, Gauge, Unit

from b40_solidarity.answered import overdue_since
from b40_solidarity.needs.settings import settings
from b40_solidarity.needs.store import orders

answers_contradicting = Counter(
    "b40_answers_contradicting", Unit.EVENTS, "Answers to an answered order that reject other lines than the first did."
)
orders_overdue = Gauge("b40_orders_overdue", Unit.ONE, "Orders that have waited for an answer longer than it may take.")


async def count_overdue(connection: Connection, now: datetime) -> int:
    """How many orders should have been answered by now."""
    return await orders.count_overdue(connection, overdue_since(now, settings().answer_days))


COUNTERS = (answers_contradicting,)
GAUGES = {orders_overdue: count_overdue}
