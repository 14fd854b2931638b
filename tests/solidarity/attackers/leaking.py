"""What would tell of somebody without any join: few who are told together, a leaf that others open, a name in clear."""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from b40_contracts.catalogue import TOPICS
from b40_contracts.solidarity import GiftNoticeRequested, NeedNoticeRequested
from b40_solidarity.leaves import NOBODY, SALT_BYTES, Opening

from tests.solidarity.attackers.city import DENOMINATIONS, Summer
from tests.solidarity.attackers.evidence import Evidence
from tests.solidarity.attackers.searching import named_in
from tests.solidarity.attackers.truth import Truth

SEALED = {topic.name for topic in TOPICS if topic.sealed}
OPEN = {topic.name for topic in TOPICS if not topic.sealed}
FINEST_MINOR = 50
"""What is spent of gifts is mostly a multiple of this; a reader tries all of them."""


def assert_k_others(summer: Summer, truth: Truth) -> None:
    """Fails if a batch has fewer than k on a side, beside those that an attacker has in its pool."""
    assert truth.too_small() == []
    for pool in summer.pools:
        assert truth.too_small((*pool.own_payers, *pool.own_households)) == []


def told_together(evidence: Evidence, kind: type[Any]) -> Mapping[tuple[int, str], set[str]]:
    """Who of a pool is told between two steps of the run."""
    told: dict[tuple[int, str], set[str]] = defaultdict(set)
    step = 0
    for place, heard in enumerate(evidence.heard):
        while place >= evidence.moments[step].heard:
            step += 1
        if isinstance(heard.event, kind):
            who = evidence.names[str(heard.event.person)]
            told[step, evidence.pools[who]].add(who)
    return told


def fewest_told(evidence: Evidence) -> dict[str, int]:
    """By side, among how few of a pool somebody is told."""
    return {
        kind.__name__: min(len(who) for who in told_together(evidence, kind).values())
        for kind in (GiftNoticeRequested, NeedNoticeRequested)
    }


def opened_beside(receipt: Mapping[str, Any]) -> int | None:
    """The amount in the leaf beside one's own, if it can be guessed: without a salt, or with that of one's own leaf."""
    beside = bytes.fromhex(receipt["path"][0])
    for salt in (receipt["salt"], "", "0" * 2 * SALT_BYTES):
        for amount_minor in range(0, DENOMINATIONS[-1] + 1, FINEST_MINOR):
            for holder in (NOBODY, *_holders(salt)):
                opening = Opening(receipt["side"], receipt["currency"], amount_minor, holder, salt)
                if opening.leaf == beside:
                    return amount_minor
    return None


def _holders(salt: str) -> Iterator[str]:
    """Of nobody's secret: the digest of nothing, as who keeps none might be given."""
    yield hmac.digest(bytes.fromhex(salt), hashlib.sha256(b"").digest(), hashlib.sha256).hex()


def in_clear(evidence: Evidence) -> dict[str, set[str]]:
    """By where it was found, whose identifiers stand in what people see who have no business with persons."""
    texts = {
        "telemetry": "\n".join((evidence.logs, evidence.traces, *evidence.metrics)),
        "open topics": "\n".join(
            f"{heard.id} {heard.key} {heard.correlation} {heard.event.model_dump_json()}"
            for heard in evidence.heard
            if heard.topic in OPEN and heard.event is not None
        ),
        "sealed topics, from outside": "\n".join(
            f"{raw.key!r} {raw.key.hex()} {raw.headers!r}" for raw in evidence.raw if raw.topic in SEALED
        ),
        "public pages": "\n".join(map(str, evidence.public)),
    }
    return {where: named_in(text, evidence.names) for where, text in texts.items()}
