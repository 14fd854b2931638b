"""What must be true of the ledger after every step, and what when all has come to rest (I1 to I12)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from b40_contracts.platform import EventRefused

from tests.model.clients import Sent
from tests.model.log import Kind, Log, Said, partition_of
from tests.model.rig import DEAD, Snapshot
from tests.support.ledger.facts import BOOKS


def books(snapshot: Snapshot, log: Log) -> None:
    """I1, I2, I6: each transfer is booked at most once, in the order of its key, as it was said; the sums agree."""
    by_account: dict[str, list[int]] = defaultdict(list)
    sums: Counter[str] = Counter()
    said = {each.transfer: each for each in log.ever}
    for account, number, amount in snapshot.transfers:
        by_account[account].append(number)
        sums[account] -= amount
        sums[said[account, number].receiver] += amount
        assert said[account, number].amount == amount, f"{account}{number} was booked with {amount}"
    for account, numbers in by_account.items():
        assert len(numbers) == len(set(numbers)), f"{account}: booked twice: {numbers}"
        assert log.in_order(account, numbers), f"{account}: out of order: {numbers}"
    assert sums == snapshot.balances, f"unbalanced: {snapshot.balances} for {snapshot.transfers}"


def forward(before: Mapping[int, int], after: Mapping[int, int]) -> None:
    """I9: nothing but a restore or a person moves a position back."""
    for partition, offset in before.items():
        assert after[partition] >= offset, f"partition {partition} went back from {offset} to {after[partition]}"


def one_transaction(snapshot: Snapshot, log: Log, trusted: Mapping[int, int]) -> None:
    """I7, I9: what stands before a position is settled, what stands behind it has had no effect.

    ``trusted`` is from which offset of each partition on: what a person passed over is excused.
    """
    booked = {(account, number) for account, number, _ in snapshot.transfers}
    for partition, offset, said in log.standing():
        if partition not in snapshot.positions:
            continue
        if offset < snapshot.positions[partition]:
            settled = _is_settled(snapshot, log, booked, (partition, offset), said)
            assert settled or offset < trusted[partition], f"{said.id} at {partition}/{offset} is lost"
        elif log.is_first(said) and partition in trusted:
            assert said.transfer not in booked, f"{said.id} at {partition}/{offset} took effect before its position"


def _is_settled(snapshot: Snapshot, log: Log, booked: set[tuple[str, int]], place: tuple[int, int], said: Said) -> bool:
    applied = any(each.transfer in booked for each in log.of_id[said.id])
    return applied or place in snapshot.asides or said.id in snapshot.refused


def at_rest(snapshot: Snapshot, log: Log, trusted: Mapping[int, int]) -> None:
    """I7, I8, I12: each record that was taken is applied, a duplicate, refused or dead, as it deserves."""
    held = {place: state for place, (state, _) in snapshot.asides.items() if state in ("waiting", "behind", "released")}
    assert not held, f"still held: {held}"
    assert not any(state in DEAD for state, _ in snapshot.asides.values()), "all dead letters were given up"
    booked = {(account, number) for account, number, _ in snapshot.transfers}
    for partition, offset, said in log.standing():
        if offset < trusted[partition]:
            continue
        dead = (partition, offset) in snapshot.asides
        known = any(each.transfer in booked for each in log.of_id[said.id])
        if said.kind is Kind.GOOD:
            assert known, f"{said.id} is lost"
            assert not dead, f"{said.id} at {partition}/{offset} is dead: {snapshot.asides}"
        elif said.kind in (Kind.POISON, Kind.UNLUCKY):
            assert dead or known, f"{said.id} was neither set aside nor dropped as a duplicate"
        elif said.kind is Kind.UNREADABLE:
            assert dead, f"{said.id} was not set aside"
        else:
            assert said.id in snapshot.refused, f"{said.id} was not refused"


def announced(snapshot: Snapshot, log: Log, sent: Sent) -> None:
    """I4, I6: what was booked was announced, under one id, in the order of its key, and nothing else was."""
    ids: dict[tuple[str, int], set[bytes]] = defaultdict(set)
    order: dict[str, list[int]] = defaultdict(list)
    for account, number, id_ in _bookings(sent):
        if not ids[account, number]:
            order[account].append(number)
        ids[account, number].add(id_)
    good = {each.transfer for each in log.ever if each.kind in (Kind.GOOD, Kind.UNLUCKY)}
    for transfer, known_as in ids.items():
        assert transfer in good, f"{transfer} was announced and is not good"
        assert len(known_as) == 1, f"{transfer} was announced under several ids"
    for account, numbers in order.items():
        assert log.in_order(account, numbers), f"{account} was announced out of order: {numbers}"
    silent = {(account, number) for account, number, _ in snapshot.transfers} - ids.keys()
    assert not silent, f"booked and never announced: {sorted(silent)}"


def refused(snapshot: Snapshot, log: Log, sent: Sent) -> None:
    """A refusal reached its topic, under one id for what was refused."""
    ids: dict[tuple[str, str], set[bytes]] = defaultdict(set)
    for topic, _, value, headers in sent.records:
        if topic != BOOKS.name:
            refusal = EventRefused.model_validate_json(value)
            ids[refusal.id, refusal.reason].add(headers["ce_id"])
    for (id_, _), known_as in ids.items():
        contents = {(each.kind, each.number) for each in log.of_id[id_]}
        assert len(known_as) <= len(contents), f"{id_} was refused under {len(known_as)} ids"
    silent = snapshot.refused - {id_ for id_, _ in ids}
    assert not silent, f"refused and never told: {silent}"


def _bookings(sent: Sent) -> Iterable[tuple[str, int, bytes]]:
    for topic, _, value, headers in sent.records:
        if topic == BOOKS.name:
            booked = BOOKS.events[0].model_validate_json(value)
            account, number = booked.subject, booked.model_dump()["number"]
            assert partition_of(account) in (0, 1)
            yield account, number, headers["ce_id"]
