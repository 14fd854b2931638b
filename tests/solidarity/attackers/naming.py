"""Whom each identifier of a run stands for: the judge's knowledge, by which it checks what a role says."""

from b40_chassis.identity import Identity
from b40_contracts.solidarity import (
    BillReported,
    GiftNoticeRequested,
    GiftOpened,
    GiftReported,
    NeedNoticeRequested,
    NeedOpened,
)
from b40_solidarity import pseudonyms
from b40_solidarity.hours import whole_hour

from tests.solidarity.attackers.city import Summer
from tests.solidarity.attackers.evidence import GIFTS_SIDE, NEEDS_SIDE, Evidence
from tests.solidarity.given import named, sealed
from tests.support.stage import Stage

SPEAKING = (GiftReported, BillReported, NeedOpened, GiftOpened, GiftNoticeRequested, NeedNoticeRequested)
"""Events that are of one party."""


def identifiers(stage: Stage, evidence: Evidence, summer: Summer) -> dict[str, str]:
    """Every identifier that an app, or who reports to it, uses for a party, and the party's name."""
    gifts_secret, needs_secret = (Identity(stage.settings[app].secret_bytes()) for app in (GIFTS_SIDE, NEEDS_SIDE))
    names: dict[str, str] = {}
    for pool in summer.pools:
        for payer in pool.payers:
            token = sealed(f"payer {payer}")
            hashed = gifts_secret.new(pseudonyms.payer("//partner", token), 0)
            names |= dict.fromkeys((payer, token, str(hashed), str(named(f"giver {payer}"))), payer)
        for household in pool.households:
            pseudonym = f"household-{household}"
            hashed = needs_secret.new(pseudonyms.household(pool.city, pseudonym), 0)
            person, attested = named(f"person {household}"), named(f"attestation {household}")
            names |= dict.fromkeys((household, pseudonym, str(hashed), str(person), str(attested)), household)
    for asked, given in summer.weeks:
        names |= {sealed(f"reference {one.household} {one.number}"): one.household for one in asked}
        names |= {str(named(f"gift {one.payer} {one.number}")): one.payer for one in given}
    for heard in evidence.events(GiftReported):
        working = gifts_secret.new(pseudonyms.waiting(heard.source, heard.id, whole_hour(heard.time)), 0)
        names[str(working)] = names[heard.event.payer]
    for heard in evidence.events(*SPEAKING):
        of_event = _of_event(heard.event, names)
        names |= of_event
        names[f"{heard.topic}/{heard.partition}/{heard.offset}"] = next(iter(of_event.values()))
    return names


def _of_event(event: object, names: dict[str, str]) -> dict[str, str]:
    if isinstance(event, GiftReported):
        return {str(event.gift): names[event.payer]}
    if isinstance(event, BillReported):
        return {str(event.need): names[str(event.attestation)]}
    if isinstance(event, GiftNoticeRequested | NeedNoticeRequested):
        return {str(event.notice): names[str(event.person)]}
    if isinstance(event, NeedOpened):
        return {str(event.need): names[str(event.household)]}
    assert isinstance(event, GiftOpened)
    return {str(event.gift): names[str(event.gift)]}
