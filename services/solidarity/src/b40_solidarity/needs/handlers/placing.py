"""An order is placed: the payment partner hears its total, and the biller, encrypted to its key, its lines."""

import base64
import hashlib
from collections.abc import Sequence
from random import Random
from uuid import UUID

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import (
    LINES_MAX,
    Biller,
    NeedsOrdered,
    OrderLine,
    OrderLines,
    OrderLinesPlaced,
    OrderPlaced,
)

from b40_solidarity import hpke
from b40_solidarity.needs.store import books, needs
from b40_solidarity.needs.store import orders as store
from b40_solidarity.needs.store.needs import StoredNeed


async def place(
    heard: Heard[NeedsOrdered], biller: Biller, ordered: Sequence[StoredNeed], chance: Random, work: Work
) -> None:
    """Order these needs of a batch from their biller."""
    batch = heard.event
    placed = OrderPlaced(
        order=work.new_id(heard),
        biller=biller.biller,
        currency=batch.currency,
        total_minor=sum(need.amount_minor for need in ordered),
        remittance=work.new_id(heard),
        placed_at=batch.due,
    )
    await store.enter(work.connection, placed.order, batch.batch, placed.biller, placed.total_minor)
    await needs.order(work.connection, [need.id for need in ordered], placed.order)
    await books.transfer(work.connection, batch.currency, placed.total_minor, debit="ordered", credit="waiting")
    work.announce(placed, cause=heard, time=batch.due)
    lines = [
        OrderLine(line=need.line, reference=need.reference, amount_minor=need.amount_minor)
        for need in sorted(ordered, key=lambda need: need.line)
    ]
    chance.shuffle(lines)
    for part in _encrypted(placed.order, biller, lines, work):
        work.announce(part, cause=heard, time=batch.due)


def _encrypted(order: UUID, biller: Biller, lines: Sequence[OrderLine], work: Work) -> list[OrderLinesPlaced]:
    """The lines, so many in a part as a record can hold, for nobody but the biller."""
    parts = [lines[at : at + LINES_MAX] for at in range(0, len(lines), LINES_MAX)]
    public_key = base64.b64decode(biller.public_key)
    encrypted = []
    for number, part in enumerate(parts, 1):
        info = OrderLinesPlaced.info(order, number)
        clear = OrderLines(lines=tuple(part)).model_dump_json().encode()
        seed = work.identity.key(f"order lines {hashlib.sha256(info + public_key + clear).hexdigest()}")
        sealed = hpke.encrypt(clear, public_key, info, seed)
        encrypted.append(
            OrderLinesPlaced(
                order=order,
                biller=biller.biller,
                number=number,
                of=len(parts),
                encrypted=base64.b64encode(sealed).decode(),
            )
        )
    return encrypted
