"""Notify: it hears both sides' notices, each with an opaque id of a person and a city, and when they come."""

from collections.abc import Sequence
from typing import Any

from b40_contracts.solidarity import GiftNoticeRequested, NeedNoticeRequested

from tests.solidarity.attackers.evidence import Evidence
from tests.solidarity.attackers.joins import Eyes, Sight
from tests.solidarity.attackers.roles.common import Role, step_hours


def look(evidence: Evidence) -> list[Eyes]:
    """Who was told in which hour, in which order, under which ids."""
    return [Eyes(_told(evidence, GiftNoticeRequested), _told(evidence, NeedNoticeRequested))]


def _told(evidence: Evidence, kind: type[Any]) -> Sequence[Sight]:
    return [
        Sight(
            who=str(heard.event.person),
            hour=hour,
            pool=heard.event.city,
            moment=heard.time.timestamp(),
            place=number,
            axis=heard.appended.timestamp(),
            words=frozenset({heard.id, str(heard.event.notice), heard.correlation or heard.id}),
        )
        for number, (heard, hour) in enumerate(step_hours(evidence, kind))
    ]


NOTIFY = Role("notify", look, sees_both=True, varies=True)
