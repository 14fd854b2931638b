"""Mistakes in applying what was taken: inbox, waves, states, decisions."""

from tests.mutants.mistake import Mistake

BATCH = "tests/chassis/test_batch.py"
DECISIONS = "tests/chassis/test_decisions.py"
STATES = "tests/chassis/test_states.py"
WAVES = "tests/chassis/test_waves.py"

APPLYING = [
    Mistake(
        "the inbox takes every id for new",
        "inbox.py",
        'ON CONFLICT DO NOTHING RETURNING source, id"""',
        'ON CONFLICT (source, id) DO UPDATE SET digest = excluded.digest RETURNING source, id"""',
        BATCH,
        "takes_effect_once",
    ),
    Mistake(
        "digests are of how the JSON is written",
        "inbox.py",
        "    if canonical:\n",
        "    if False:\n",
        BATCH,
        "other_content",
    ),
    Mistake(
        "a dead letter enters the inbox",
        "batch.py",
        "            await set_aside.insert(self.connection, self.hearing, self.asides)\n",
        "            await set_aside.insert(self.connection, self.hearing, self.asides)\n"
        "            dead = [each for each in self.readings if each.record.place in self.faulty]\n"
        "            key = self.frame.secret\n"
        "            versioned = self.frame.versioned\n"
        "            entries = [inbox.entry(e.heard, e.data, key, canonical=True, versioned=versioned) for e in dead]\n"
        "            numbers = await inbox.source_numbers(self.connection, [each.source for each in entries])\n"
        "            await inbox.insert(self.connection, entries, numbers)\n",
        BATCH,
        "as_if_it_had_been_applied",
    ),
    Mistake(
        "a refusal is told for every duplicate",
        "writing.py",
        "    said = [each for each in refused if each.content or (each.cause.source, each.cause.id) in first]\n",
        "    said = list(refused)\n",
        BATCH,
        "refused_once",
    ),
    Mistake(
        "waves ignore the order of a key",
        "waves.py",
        "number = _wave_after(last.get(key), handler)",
        "number = 0",
        WAVES,
    ),
    Mistake(
        "a handler gets a key twice in one wave",
        "waves.py",
        "return number if joins else number + 1",
        "return number",
        WAVES,
    ),
    Mistake("an older state is taken", "states.py", "WHERE heard.version < excluded.version", "", STATES, "old_state"),
    Mistake(
        "a state is taken without its version",
        "reading.py",
        '    if version is None:\n        raise Malformed("stateversion"',
        '    if version is None:\n        return 1\n        raise Malformed("stateversion"',
        STATES,
        "without_its_version",
    ),
    Mistake(
        "a decision counts whatever its number",
        "decisions.py",
        'number == row["counted"] + 1',
        "number",
        DECISIONS,
        "next_number",
    ),
    Mistake(
        "a decision takes effect before it is read back",
        "decisions.py",
        "SET proposed = last.proposed + 1, proposed_due = $3\n",
        "SET proposed = last.proposed + 1, proposed_due = $3, counted = last.proposed + 1\n",
        DECISIONS,
    ),
    Mistake(
        "deciding reserves nothing",
        "decisions.py",
        "SET proposed = last.proposed + 1, proposed_due = $3\n",
        "SET proposed_due = $3\n",
        DECISIONS,
    ),
    Mistake(
        "the same due time is decided twice",
        "decisions.py",
        "last.proposed_due < $3",
        "last.proposed_due <= $3",
        DECISIONS,
        "not_after",
    ),
    Mistake(
        "a void decision keeps what it reserved",
        "decisions.py",
        "SET proposed = counted, proposed_due = counted_due WHERE",
        "SET kind = kind WHERE",
        DECISIONS,
        "void",
    ),
    Mistake(
        "a state is said without raising its version",
        "states.py",
        "SET version = said.version + 1 RETURNING",
        "SET version = said.version RETURNING",
        STATES,
        "rising",
    ),
    Mistake(
        "before the first tick every event has a time of its own",
        "ticks.py",
        "moment.replace(microsecond=0)",
        "moment",
        "tests/chassis/test_ticks.py",
    ),
    Mistake(
        "the number of a source is known before its commit",
        "batch.py",
        "        new, conflicting = await inbox.insert(",
        "        self.frame.sources |= self.sources\n        new, conflicting = await inbox.insert(",
        "tests/chassis/test_infrastructure.py",
        "number_of_a_source",
    ),
]
