"""Operators of the apps' databases: a dump each week, rows as they lie and by which transaction they were written."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.solidarity.attackers.evidence import BETWEEN, GIFTS_SIDE, NEEDS_SIDE, Dump, Evidence, Row
from tests.solidarity.attackers.joins import Eyes, Group, Sight
from tests.solidarity.attackers.roles.common import Role, friends, neighbours


def of_needs(evidence: Evidence) -> list[Eyes]:
    """Which households' needs an hour ordered; of payers what their friends tell."""
    sights = []
    for hour, dump in evidence.dumps[NEEDS_SIDE]:
        attested = {row.values["id"]: row.values for row in dump["public.attestation"]}
        orders = _of_hour(dump, hour)
        for place, row in enumerate(dump["public.need"]):
            if row.values["placed_order"] in orders:
                of = attested[row.values["attestation"]]
                pool = f"{of['city']}~{row.values['kind']}~{row.values['currency']}"
                sights.append(_sight(str(of["household"]), hour, pool, row, place, row.values["amount_minor"]))
    return [Eyes(sights, friends(evidence))]


def _of_hour(dump: Dump, hour: datetime) -> set[Any]:
    batches = {row.values["id"] for row in dump["public.batch"] if row.values["due"] == hour}
    return {row.values["id"] for row in dump["public.placed_order"] if row.values["batch"] in batches}


def of_gifts(evidence: Evidence) -> list[Eyes]:
    """Which payers' gifts an hour spent, as dumps differ; of households what neighbours tell."""
    sights, known = [], set[Any]()
    for hour, dump in evidence.dumps[GIFTS_SIDE]:
        gifts = {row.values["id"]: row for row in dump["public.gift"]}
        for place, share in enumerate(dump["public.share"]):
            key = (share.values["batch"], share.values["gift"])
            if key not in known:
                gift = gifts[share.values["gift"]].values
                pool = f"{gift['city']}~{gift['kind']}~{gift['currency']}"
                sights.append(_sight(str(gift["payer"]), hour, pool, share, place, share.values["amount_minor"]))
            known.add(key)
    return [Eyes(sights, neighbours(evidence))]


def of_matcher(evidence: Evidence) -> list[Eyes]:
    """Working ids and keyed hashes of both sides: what waited before an hour and is over after it was in its batch."""
    gifts, needs, carried = list[Sight](), list[Sight](), dict[Group, int]()
    left: dict[Any, int] = {}
    known = set[Any]()
    for (hour, dump), (_, before) in zip(evidence.dumps[BETWEEN], evidence.waiting, strict=True):
        waited = {row.values["id"]: row for row in (*before["public.gift"], *before["public.need"])}
        for place, row in enumerate(_as_they_waited(dump["public.gift"], waited)):
            of = row.values
            spent_minor = left.get(of["id"], of["amount_minor"]) - of["waiting_minor"]
            left[of["id"]] = of["waiting_minor"]
            if spent_minor:
                pool = f"{of['city']}~{of['kind']}~{of['currency']}"
                gifts.append(_sight(str(of["payer"]), hour, pool, row, place, spent_minor))
        for place, row in enumerate(_as_they_waited(dump["public.need"], waited)):
            of = row.values
            if of["state"] == "ordered" and of["id"] not in known:
                known.add(of["id"])
                needs.append(_sight(str(of["household"]), hour, of["pool"], row, place, of["amount_minor"]))
        carried |= {(row.values["name"], hour): row.values["carried_minor"] for row in dump["public.pool"]}
    return [Eyes(gifts, needs, carried=carried)]


def _as_they_waited(rows: Sequence[Row], waited: Mapping[Any, Row]) -> Iterator[Row]:
    """Rows with what they said while they waited: of what is over the id alone is kept."""
    for row in rows:
        before = waited[row.values["id"]].values if row.values["id"] in waited else {}
        yield row._replace(
            values={name: before.get(name, value) if value is None else value for name, value in row.values.items()}
        )


def _sight(who: str, hour: datetime, pool: str, row: Row, place: int, amount_minor: int) -> Sight:
    since = row.values.get("since")
    return Sight(
        who=who,
        hour=hour,
        pool=pool,
        amount_minor=amount_minor,
        moment=since.timestamp() if since else None,
        place=place,
        axis=float(row.xmin),
        words=frozenset(
            str(value) for name, value in row.values.items() if name in ("id", "batch", "reserved", "line")
        ),
    )


NEEDS_DATABASE = Role("database operator of needs", of_needs)
GIFTS_DATABASE = Role("database operator of gifts", of_gifts)
MATCHER_DATABASE = Role("database operator of matcher", of_matcher, sees_arrivals=True, sees_both=True, varies=True)
