"""Mistakes in noticing that a database went back, and in saying a state again after that or after a frozen relay."""

from tests.mutants.mistake import Mistake

STATES_AGAIN = "tests/failures/test_states_again.py"
RESTORES = "tests/failures/test_restores.py"

RESTORING = [
    Mistake(
        "an own state below what is heard is never said again",
        "batch.py",
        "            await states.note_again(self.connection, topic, versions)\n",
        "            pass\n",
        STATES_AGAIN,
    ),
    Mistake(
        "of a batch only the highest version is compared",
        "batch.py",
        "            last.setdefault(each.record.topic, {})[key] = version",
        "            known = last.setdefault(each.record.topic, {})\n"
        "            known[key] = max(version, known.get(key, 0))",
        STATES_AGAIN,
        "one_batch",
    ),
    Mistake(
        "tombstones not compared",
        "batch.py",
        "[*fit, *tombstones]",
        "fit",
        STATES_AGAIN,
        "tombstone",
    ),
    Mistake(
        "a state is said again below what was heard",
        "states.py",
        "ON CONFLICT (topic, key) DO UPDATE SET version = excluded.version WHERE said.version <= excluded.version\n"
        "           RETURNING topic, key",
        "ON CONFLICT (topic, key) DO UPDATE SET version = said.version\n           RETURNING topic, key",
        STATES_AGAIN,
        "restored",
    ),
    Mistake(
        "a state is said again although higher is on its way",
        "states.py",
        " WHERE said.version <= excluded.version",
        "",
        STATES_AGAIN,
        "on_its_way",
    ),
    Mistake(
        "a state is read before its version is locked",
        "states.py",
        "        versions = await raise_versions(connection, topic.name, keys)\n"
        "        whole = await readers[state](connection, sorted(keys))\n",
        "        whole = await readers[state](connection, sorted(keys))\n"
        "        versions = await raise_versions(connection, topic.name, keys)\n",
        STATES_AGAIN,
        "both_changes",
    ),
    Mistake(
        "note kept",
        "states.py",
        "UPDATE b40.state_heard AS heard SET again = false",
        "UPDATE b40.state_heard AS heard SET again = true",
        STATES_AGAIN,
        "old_record_after or on_its_way",
    ),
    Mistake(
        "lower after higher not noted",
        "states.py",
        "OR (said.version = heard.version AND came.version < heard.version)",
        "",
        STATES_AGAIN,
        "old_record_after",
    ),
    Mistake(
        "a database that went back is not noticed by a new connection",
        "seen.py",
        "        if self._furthest:\n",
        "        if False:\n",
        RESTORES,
        "older_than_what_it_has_seen",
    ),
    Mistake(
        "a database that went back is never noticed",
        "seen.py",
        "            if stored.get(each, (0, 0)) < furthest:\n",
        "            if False:\n",
        RESTORES,
        "older_than_what_it_has_seen",
    ),
    Mistake(
        "workers begin before what was done is heard again",
        "service.py",
        """            await subscribers.caught_up()
            await run()
""",
        "            await run()\n",
        "tests/notify/test_restored.py",
        "was_sent_since",
    ),
]
