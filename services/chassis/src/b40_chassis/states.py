"""State topics: versions that rise per key, said whole at the transaction's end; heard by taking only higher ones.

An app hears its own: where the log does not end with its newest record, it says the key again at the next tick.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
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


async def note_again(connection: Connection, topic: str, last: Mapping[str, int]) -> None:
    """Note which keys of a topic of the app's own must be said again; ``last`` is the version that came last of each.

    That is a key on which a version above its own was heard (the database was restored), or a lower one after the
    highest (a frozen former relay). If a higher one was said and not heard yet, that one will end the matter.
    """
    ordered = sorted(last)
    await connection.execute(
        """UPDATE b40.state_heard AS heard SET again = true
           FROM unnest($2::text[], $3::bigint[]) AS came (key, version)
             LEFT JOIN b40.state_said AS said ON said.topic = $1 AND said.key = came.key
           WHERE heard.topic = $1 AND heard.key = came.key AND NOT heard.again
             AND (coalesce(said.version, 0) < heard.version
               OR (said.version = heard.version AND came.version < heard.version))""",
        topic,
        ordered,
        [last[key] for key in ordered],
    )


async def lift_again(connection: Connection, topics: Collection[str], limit: int) -> list[tuple[str, str]]:
    """Put the versions of at most so many noted keys at the highest heard, and take the notes back.

    Returns the topics and keys to say again; raising their versions puts them above. Left out is a key of which
    something higher was said meanwhile.
    """
    noted = await connection.fetch(
        """UPDATE b40.state_heard AS heard SET again = false FROM (
             SELECT topic, key FROM b40.state_heard WHERE again AND topic = ANY($1)
             ORDER BY topic, key LIMIT $2 FOR UPDATE) AS noted
           WHERE heard.topic = noted.topic AND heard.key = noted.key RETURNING heard.topic, heard.key, heard.version""",
        list(topics),
        limit,
    )
    rows = sorted(tuple(row) for row in noted)
    lifted = await connection.fetch(
        """INSERT INTO b40.state_said AS said (topic, key, version)
           SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
           ON CONFLICT (topic, key) DO UPDATE SET version = excluded.version WHERE said.version <= excluded.version
           RETURNING topic, key""",
        [topic for topic, _, _ in rows],
        [key for _, key, _ in rows],
        [version for _, _, version in rows],
    )
    return sorted((row["topic"], row["key"]) for row in lifted)


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
