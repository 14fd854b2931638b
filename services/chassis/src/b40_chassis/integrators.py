"""What this app has heard of integrators: kept in its database, and in memory, where every event of an intake asks it.

A change is known to the process that heard it at once, and to the app's other copies within half a second.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog
from b40_contracts.integrators import KEY_ID_DIGITS, PLATFORM, ApiKey, Integrator
from fastapi import FastAPI

from b40_chassis.errors import describe
from b40_chassis.hears import Connection, Heard

if TYPE_CHECKING:
    from b40_chassis.service import Service

log = structlog.get_logger()

LOOK_SECONDS = 0.5
SOURCES_KNOWN_MAX = 10_000


class Integrators:
    """The integrators in memory. The platform itself is one of them: it has no keys, so nobody reports as it."""

    def __init__(self) -> None:
        self._states: dict[str, Integrator] = {}
        self._owners: dict[str, Integrator | None] = {}
        self._keys: dict[str, tuple[Integrator, ApiKey]] = {}
        self._known = -1  # the sum of the versions that were read from the database
        self.learn([PLATFORM])

    @property
    def revisions(self) -> dict[str, int]:
        """The last revision heard of each, by name."""
        return {name: each.revision for name, each in self._states.items() if name != PLATFORM.name}

    def learn(self, stated: Iterable[Integrator]) -> None:
        """Take these states; an older one of an integrator changes nothing."""
        for each in stated:
            self._owners.clear()
            known = self._states.get(each.name)
            if known is None or known.revision < each.revision:
                self._states[each.name] = each
        self._keys = {key.id: (each, key) for each in self._states.values() for key in each.api_keys}

    def owner(self, source: str) -> Integrator | None:
        """Whose source this is; None if nobody registered it."""
        try:
            return self._owners[source]
        except KeyError:
            if len(self._owners) >= SOURCES_KNOWN_MAX:  # a sender may name as many as it likes
                self._owners.clear()
            found = next((each for each in self._states.values() if each.owns(source)), None)
            self._owners[source] = found
            return found

    def holder(self, key: str, now: datetime) -> Integrator | None:
        """Who comes with this API key; None if it is nobody's, has ended, or its holder is revoked.

        What is looked up is the beginning of a digest, which says nothing of the key; all of it is compared in a
        time that does not depend on it.
        """
        digest = hashlib.sha256(key.encode()).hexdigest()
        holder, known = self._keys.get(digest[:KEY_ID_DIGITS], (None, None))
        if holder is None or known is None or not hmac.compare_digest(known.digest, digest):
            return None
        if holder.is_revoked(now) or (known.ends is not None and known.ends <= now):
            return None
        return holder

    async def look(self, connection: Any) -> None:
        """Read what is stored, if it changed."""
        total = await connection.fetchval("SELECT coalesce(sum(version), 0)::bigint FROM b40.integrator")
        if total == self._known:
            return
        rows = await connection.fetch("SELECT stated FROM b40.integrator")
        self.learn(Integrator.model_validate(row["stated"]) for row in rows)
        self._known = total

    async def run(self, pool: Any) -> None:
        """Look again and again, until cancelled: another copy may have heard of a change."""
        while True:
            try:
                await self.look(pool)
            except Exception as error:
                log.warning("the integrators could not be looked at", error=describe(error))
            await asyncio.sleep(LOOK_SECONDS)


async def keep(connection: Connection, heard: Sequence[Heard[Integrator]]) -> None:
    """Store states that are newer than those before them; each integrator comes once at most."""
    ordered = sorted(heard, key=lambda each: each.key)
    await connection.execute(
        """INSERT INTO b40.integrator AS known (name, version, stated)
           SELECT * FROM unnest($1::text[], $2::bigint[], $3::jsonb[])
           ON CONFLICT (name) DO UPDATE SET version = excluded.version, stated = excluded.stated
           WHERE (known.stated ->> 'revision')::bigint < (excluded.stated ->> 'revision')::bigint""",
        [each.key for each in ordered],
        [each.version for each in ordered],
        [each.event.model_dump(mode="json") for each in ordered],
    )


def add(routes: FastAPI, service: "Service") -> None:
    """Add the route that tells which integrators this app has heard of."""

    @routes.get("/intake/integrators")
    async def heard() -> dict[str, int]:
        """The last revision heard of each integrator, by name: what was registered is in force here from then on."""
        return service.frame.integrators.revisions
