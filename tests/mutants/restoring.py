"""Mistakes in saying a state again after its database was restored, or after a frozen relay sent an old one."""

from tests.mutants.mistake import Mistake

STATES_AGAIN = "tests/failures/test_states_again.py"

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
        "skew or both_changes",
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
]
