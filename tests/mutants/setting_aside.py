"""Mistakes with what was set aside: waiting, held keys, release, replay."""

from tests.mutants.mistake import Mistake

HELD = "tests/chassis/test_held_by_failed.py"
WAITING = "tests/chassis/test_waiting.py"

SETTING_ASIDE = [
    Mistake(
        "what waits stays in the inbox",
        "batch.py",
        "        if self.forgotten:\n",
        "        if False:\n",
        WAITING,
        "shelf or duplicate",
    ),
    Mistake(
        "later events overtake what is held",
        "batch.py",
        "            self.held[key] = min(first, self.held.get(key, first))\n",
        "            pass\n",
        WAITING,
        "behind",
    ),
    Mistake(
        "what failed holds nothing",
        "set_aside.py",
        " OR (state = 'failed' AND reason = 'failed')",
        "",
        HELD,
        "discarded",
    ),
    Mistake(
        "what failed holds nothing of its own batch",
        "batch.py",
        "                    self._hold(record)\n",
        "                    pass\n",
        HELD,
        "follow_its_replay",
    ),
    Mistake(
        "what failed holds what came before it",
        "batch.py",
        "each.record.offset <= self.held.get(set_aside.held_key(each.record), each.record.offset)",
        "set_aside.held_key(each.record) not in self.held",
        HELD,
        "follow_its_replay",
    ),
    Mistake(
        "a replay does not let go of its key",
        "releasing.py",
        "await set_aside.release_key(connection, record.topic, record.partition, record.key)",
        "pass",
        HELD,
        "follow_its_replay",
    ),
    Mistake(
        "what is discarded holds its key for ever",
        "releasing.py",
        'await set_aside.release_key(connection, row["topic"], row["partition"], row["key"])',
        "pass",
        HELD,
        "discarded",
    ),
    Mistake(
        "what is due and failed is not passed over",
        "due.py",
        "        if (due.subject, due.time) in still:",
        "        if False:",
        "tests/chassis/test_due.py",
        "passed_over",
    ),
    Mistake(
        "the first of a key is blamed for what fails a batch handler on release",
        "releasing.py",
        "if len(suspects) > 1:",
        "if False:",
        HELD,
        "faulty_ones_alone",
    ),
    Mistake(
        "nobody looks for what is held",
        "hearing.py",
        "any_held = any(found.any_held for found in locked.values())",
        "any_held = False",
        HELD,
        "follow_its_replay",
    ),
]
