"""Mistakes in catching up, rewinding, publishing again, and in what is set aside of a log that is no more."""

from tests.mutants.mistake import Mistake

CATCHING_UP, STOPS = "tests/chassis/test_catching_up.py", "tests/chassis/test_stops.py"
SOLIDARITY = "tests/solidarity/test_restored.py"
REWINDING, REPUBLISH = "tests/failures/test_rewinding.py", "tests/failures/test_republish.py"
LOST = "tests/failures/test_lost_intake.py"

REPAIRING = [
    Mistake(
        "what a copy is behind with is heard topic by topic",
        "subscribers.py",
        "main = Hearing(self._frame, self.main, guard, self._die, catching_up)",
        "main = Hearing(self._frame, self.main, guard, self._die)",
        SOLIDARITY,
    ),
    Mistake(
        "what another copy has before it does not come first",
        "catching_up.py",
        "while part and others and not await",
        "while part and False and not await",
        CATCHING_UP,
        "another_copy",
    ),
    Mistake(
        "what lies beside it does not come first",
        "catching_up.py",
        "min(heads, default=None)",
        "None",
        CATCHING_UP,
        "in_turns",
    ),
    Mistake(
        "a part may have a hole",
        "catching_up.py",
        "takewhile(lambda one:",
        "filter(lambda one:",
        CATCHING_UP,
        "left_out",
    ),
    Mistake(
        "a stopped partition is waited for",
        "catching_up.py",
        "if each not in stopped and at[each] < end",
        "if at[each] < end",
        CATCHING_UP,
        "stopped",
    ),
    Mistake(
        "what came again is taken beside what was kept",
        "catching_up.py",
        "self._kept[each] = [one for one in readings if _partition(one) == each]",
        "self._kept.setdefault(each, []).extend(one for one in readings if _partition(one) == each)",
        CATCHING_UP,
        "comes_again",
    ),
    Mistake(
        "a dead letter of a former log is overwritten",
        "set_aside.py",
        'AND "offset" = o AND appended <> at',
        'AND "offset" = o AND false',
        STOPS,
        "one_place",
    ),
    Mistake(
        "a former log's dead letters keep their places",
        "stopped.py",
        "            await set_aside.move_before(connection, *partition)\n",
        "            pass\n",
        STOPS,
        "no_more",
    ),
    Mistake("a rewind skips", "rewinding.py", "if nexts[each] < stood[each]}", "}", REWINDING, "known"),
    Mistake(
        "a rewind beyond the memory",
        "rewinding.py",
        "if where.to_time is not None and where.to_time < remembered:",
        "if False:",
        REWINDING,
        "no_sense",
    ),
    Mistake("time is rewound", "rewinding.py", "if CLOCK.name in", "if '' in", REWINDING, "time_stopped"),
    Mistake(
        "a stopped partition is rewound", "rewinding.py", "    if stopped:\n", "    if False:\n", REWINDING, "stopped"
    ),
    Mistake(
        "what retention removed counts as lost intake",
        "lost_intake.py",
        "            if begun.pop(each, 0) > 0:",
        "            if False:",
        LOST,
        "retention",
    ),
    Mistake(
        "one record of the lost is missing", "republishing.py", "offset >= ends", "offset > ends", REPUBLISH, "broker"
    ),
    Mistake(
        "what stands in a lost one's place counts as it",
        "republishing.py",
        "if beginnings[each] <= offset < ends[each]}",
        "if False}",
        REPUBLISH,
        "xyz",
    ),
    Mistake(
        "what was published again is published again",
        "republishing.py",
        "        await outbox.move(connection, changed)\n",
        "",
        REPUBLISH,
        "broker",
    ),
    Mistake(
        "what retention removed is published again",
        "republishing.py",
        "if offset >= ends[each]}",
        "if offset >= ends[each] or offset < beginnings[each]}",
        REPUBLISH,
        "retention",
    ),
    Mistake(
        "what has no known place is not published again",
        "republishing.py",
        "                again.add((row.id, index))\n",
        "",
        REPUBLISH,
        "place",
    ),
]
