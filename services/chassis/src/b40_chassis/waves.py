"""Waves: order per key, and still long sequences for the handlers.

Handlers have an order (their declaration). An event joins the wave of its key's previous event if its handler comes
later there, or is the same one and takes several events of a key; else the next wave. Waves run one after another, and
in each the handlers run in their order.
"""

from collections.abc import Hashable, Iterable
from typing import TypeVar

from b40_chassis.hears import Handler

Item = TypeVar("Item")
Wave = list[tuple[Handler, list[Item]]]
"""Handlers in their order, each with its items in log order."""


def waves(items: Iterable[tuple[Hashable, Handler, Item]]) -> list[Wave[Item]]:
    """Arrange ``(key, handler, item)`` in log order into waves."""
    last: dict[Hashable, tuple[int, Handler]] = {}
    planned: list[dict[int, tuple[Handler, list[Item]]]] = []
    for key, handler, item in items:
        number = _wave_after(last.get(key), handler)
        last[key] = (number, handler)
        if number == len(planned):
            planned.append({})
        planned[number].setdefault(handler.order, (handler, []))[1].append(item)
    return [[wave[order] for order in sorted(wave)] for wave in planned]


def _wave_after(previous: tuple[int, Handler] | None, handler: Handler) -> int:
    if previous is None:
        return 0
    number, before = previous
    joins = handler.order > before.order or (handler.order == before.order and handler.many_per_key)
    return number if joins else number + 1
