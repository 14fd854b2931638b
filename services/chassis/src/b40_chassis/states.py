"""State topics: versions that rise per key, said whole at the transaction's end; heard by taking only higher ones."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from b40_contracts.event import Event
from b40_contracts.topic import Topic

from b40_chassis.application import StateReader
from b40_chassis.hears import Cause, Connection
from b40_chassis.identity import Identity
from b40_chassis.work import Announcement


async def raise_versions(connection: Connection, topic: str, keys: Sequence[str]) -> dict[str, int]:
    """Raise the versions of keys: one sorted upsert, whose row locks make writers of a key come one after another."""
    rows = await connection.fetch(
        """INSERT INTO b40.state_said AS said (topic, key, version) SELECT $1, key, 1 FROM unnest($2::text[]) AS key
           ON CONFLICT (topic, key) DO UPDATE SET version = said.version + 1 RETURNING key, version""",
        topic,
        sorted(keys),
    )
    return {row["key"]: row["version"] for row in rows}


async def say(
    connection: Connection,
    changed: Mapping[tuple[type[Event], str], tuple[Cause | None, datetime]],
    readers: Mapping[type[Event], StateReader],
    topic_of: Mapping[type[Event], Topic],
    identity: Identity,
) -> list[Announcement]:
    """The announcements of all states that a transaction changed, read after their versions were raised."""
    by_type: dict[type[Event], list[str]] = defaultdict(list)
    for state, key in changed:
        by_type[state].append(key)
    announcements = []
    for state, keys in by_type.items():
        topic = topic_of[state]
        versions = await raise_versions(connection, topic.name, keys)
        whole = await readers[state](connection, sorted(keys))
        for key in sorted(keys):
            cause, time = changed[state, key]
            announcements.append(
                Announcement(
                    topic=topic,
                    event=whole.get(key),
                    type=state.type,
                    key=key,
                    id=identity.state(topic.name, key, versions[key]),
                    time=time,
                    cause=cause,
                    version=versions[key],
                )
            )
    return announcements


async def take_higher(connection: Connection, topic: str, versions: Mapping[str, int]) -> set[str]:
    """Remember the versions heard. Returns the keys whose version is higher than the last one."""
    ordered = sorted(versions)
    rows = await connection.fetch(
        """INSERT INTO b40.state_heard AS heard (topic, key, version)
           SELECT $1, * FROM unnest($2::text[], $3::bigint[])
           ON CONFLICT (topic, key) DO UPDATE SET version = excluded.version WHERE heard.version < excluded.version
           RETURNING key""",
        topic,
        ordered,
        [versions[key] for key in ordered],
    )
    return {row["key"] for row in rows}
