"""Mistakes in taking batches: positions, seeks, acknowledgement, the order of hearing."""

from tests.mutants.mistake import Mistake

HEARING = "tests/chassis/test_hearing.py"
INFRASTRUCTURE = "tests/chassis/test_infrastructure.py"
STOPS = "tests/chassis/test_stops.py"

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
    Mistake(
        "a batch is acknowledged before it is handled",
        "subscribers.py",
        "AckPolicy.NACK_ON_ERROR",
        "AckPolicy.ACK_FIRST",
        INFRASTRUCTURE,
        "comes_again",
    ),
    Mistake(
        "a failed batch is left where it is",
        "subscribers.py",
        "AckPolicy.NACK_ON_ERROR",
        "AckPolicy.MANUAL",
        INFRASTRUCTURE,
        "comes_again",
    ),
    Mistake(
        "what stands before the position is not looked at",
        "guard.py",
        "if record.fingerprint(self._frame.secret) != found[each].last_hash:",
        "if False:",
        STOPS,
        "made_anew",
    ),
    Mistake(
        "a log that ends before the position is waited for",
        "guard.py",
        "elif standing.next_offset > ends[each]:",
        "elif False:",
        STOPS,
        "shorter",
    ),
    Mistake(
        "a gap is sought and not looked into",
        "hearing.py",
        "            self.cursor.verified -= begin.keys()\n",
        "            pass\n",
        STOPS,
        "cut_under",
    ),
    Mistake(
        "idle partitions have no position",
        "cursor.py",
        "        await positions.begin(connection, self.hearing, starts)\n",
        "        await positions.begin(connection, self.hearing, {each: at for each, at in starts.items() if at})\n",
        HEARING,
        "first_positions",
    ),
    Mistake(
        "a seek on a revoked partition ends all seeks",
        "cursor.py",
        "            except IllegalStateError:\n"
        "                self.remembered.pop(each, None)\n"
        "                continue\n",
        "            except IllegalStateError:\n                raise\n",
        HEARING,
        "revoked_meanwhile",
    ),
]
