"""The mistakes that the tests of the chassis must notice, each one that somebody could make in good faith."""

from tests.mutants.mistake import Mistake

BATCH = "tests/chassis/test_batch.py"
DECISIONS = "tests/chassis/test_decisions.py"
HEARING = "tests/chassis/test_hearing.py"
HELD = "tests/chassis/test_held_by_failed.py"
IDENTITY = "tests/chassis/test_identity.py"
INFRASTRUCTURE = "tests/chassis/test_infrastructure.py"
STATES = "tests/chassis/test_states.py"
WAITING = "tests/chassis/test_waiting.py"
WAVES = "tests/chassis/test_waves.py"

TAKING = [
    Mistake(
        "a batch is acknowledged although it failed",
        "subscribers.py",
        "AckPolicy.NACK_ON_ERROR",
        "AckPolicy.ACK",
        INFRASTRUCTURE,
        "comes_again",
    ),
    Mistake(
        "a position is moved outside the transaction",
        "hearing.py",
        "            await positions.advance(connection, self.cursor.hearing, moves)\n",
        "        await positions.advance(self.frame.pool, self.cursor.hearing, moves)\n",
        INFRASTRUCTURE,
        "one_transaction",
    ),
    Mistake(
        "positions are read without a lock",
        "positions.py",
        "ORDER BY topic, partition FOR UPDATE",
        "ORDER BY topic, partition",
        INFRASTRUCTURE,
        "one_after_the_other",
    ),
    Mistake(
        "only one partition of a batch is sought",
        "hearing.py",
        "await self._guard.settle(list(begin), remember=True)",
        "await self._guard.settle(list(begin)[:1], remember=True)",
        HEARING,
        "one_partition_disagrees or never_seeks",
    ),
    Mistake(
        "raise instead of return after the seek",
        "hearing.py",
        "            await self._guard.settle(list(begin), remember=True)\n",
        "            await self._guard.settle(list(begin), remember=True)\n            raise\n",
        HEARING,
        "never_seeks or restarts",
    ),
    Mistake(
        "a batch is taken that begins beyond the position",
        "positions.py",
        "or (offset > stored[each] and each[0] not in compacted)",
        "",
        HEARING,
        "agree",
    ),
    Mistake(
        "a batch is taken that memory knows nothing of",
        "positions.py",
        "any(each not in stored or remembered.get(each) != stored[each] for each in begin)",
        "False",
        HEARING,
        "never_seeks or restarts or agree",
    ),
    Mistake(
        "a database that went back is read on",
        "positions.py",
        "stored[each] < remembered[each]",
        "False",
        HEARING,
        "went_back or agree",
    ),
    Mistake(
        "main does not wait for first", "subscribers.py", "        await self.caught_up()\n", "", HEARING, "main_begins"
    ),
    Mistake(
        "a tick does not wait for its turn",
        "clock.py",
        "                    await self._wait_for_turn(record)\n",
        "",
        HEARING,
        "tick_waits",
    ),
]

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
        "            entries = [inbox.entry(each.heard, each.data, key, canonical=True) for each in dead]\n"
        "            await inbox.insert(self.connection, entries)\n",
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
]

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
]

SAYING = [
    Mistake(
        "ids are not derived",
        "identity.py",
        'return self._uuid(cause, "announcement", type_, key, str(ordinal), coarse=sealed)',
        'return __import__("uuid").uuid4()',
        IDENTITY,
        "first_time",
    ),
    Mistake(
        "parts of an id run into each other",
        "identity.py",
        '[f"{len(part)}:{part}" for part in parts]',
        "parts",
        IDENTITY,
    ),
    Mistake(
        "the outbox is marked as sent before Kafka has acknowledged",
        "relay.py",
        "        places, refused = await asyncio.wait_for(sending.send(records), SEND_SECONDS_MAX)\n",
        "        await self._archive(rows, records, {}, {})\n"
        "        places, refused = await asyncio.wait_for(sending.send(records), SEND_SECONDS_MAX)\n",
        INFRASTRUCTURE,
        "outbox",
    ),
    Mistake(
        "what is sealed can be moved to another event",
        "sealing.py",
        'return "\\0".join((self._topic, source, id_)).encode()',
        'return b""',
        "tests/chassis/test_sealing.py",
        "opens",
    ),
    Mistake(
        "the same request is taken twice",
        "intake.py",
        "        if new:\n",
        "        if True:\n",
        "tests/chassis/test_intake.py",
        "same_request",
    ),
    Mistake(
        "a copy that starts does not take back its slot's tasks",
        "worker.py",
        '"UPDATE b40.task SET leased_by = NULL, leased_until = NULL WHERE leased_by = $1", self._slot',
        '"SELECT $1", self._slot',
        "tests/chassis/test_tasks.py",
        "dead_copy",
    ),
]

MISTAKES = [*TAKING, *APPLYING, *SETTING_ASIDE, *SAYING]
