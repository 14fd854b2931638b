"""The world of one schedule: log, members, what was sent, and how to bring all of it to rest."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant

from tests.model import invariants
from tests.model.clients import Sent
from tests.model.fate import Fate
from tests.model.log import PARTITIONS, Log
from tests.model.rig import DEAD, Member, Rig, Snapshot

T = TypeVar("T")
ROUNDS_MAX = 300
"""More than any schedule needs to come to rest: who is not at rest by then makes no progress."""


class World(RuleBasedStateMachine):
    """What a schedule acts upon, and what must be true of it."""

    rig: Rig
    runner: asyncio.Runner
    monkeypatch: pytest.MonkeyPatch
    rested = 0
    """How many schedules came to rest."""

    def __init__(self) -> None:
        super().__init__()
        self.log = Log()
        self.sent = Sent()
        self.trusted: dict[int, int] = dict.fromkeys(range(PARTITIONS), 0)
        self.backup: tuple[dict[int, int], list[Any]] | None = None
        self.known: dict[int, int] = {}

    @invariant()
    def holds(self) -> None:
        """What must always be true."""
        if self.known:
            now = self.look()
            invariants.books(now, self.log)
            invariants.forward(self.known, now.positions)
            invariants.one_transaction(now, self.log, self.trusted)
            self.known = now.positions

    def teardown(self) -> None:
        """All comes to rest: first with the members as they are, then with a new one that has everything."""
        if not self.known or sys.exc_info()[0] is not None:
            return
        self.hear_all()
        self.members = [self.new_member(), self.new_member()]
        self.do(self.members[0].rebalance(dict.fromkeys(range(PARTITIONS), 0), listened=True))
        self.do(self.rig.mend(True))
        for _ in range(ROUNDS_MAX):
            self.hear_all()
            if not self.tidy():
                break
        self.do(self.rig.relay(self.sent, Fate(), self.monkeypatch))
        now = self.look()
        self.holds()
        invariants.at_rest(now, self.log, self.trusted)
        invariants.announced(now, self.log, self.sent)
        invariants.refused(now, self.log, self.sent)
        type(self).rested += 1

    def hear_all(self) -> None:
        """Every member hears until nothing of what it has and what is not stopped is left."""
        for number in range(len(self.members)):
            if not self.members[number].listened:
                self.do(self.members[number].listen())
                self.bury(number)
            self.do(self.members[number].look_for_resumed(self.look().stopped))
            for _ in range(ROUNDS_MAX):
                if not self.hand_over(number, dict.fromkeys(range(PARTITIONS), 100), Fate()):
                    break
            member = self.members[number]
            now = self.look()
            heard_on = member.consumer.positions.keys() - member.waits - now.stopped.keys()
            for partition in () if member.unaware else heard_on:
                log = self.log.partitions[partition]
                if now.positions[partition] >= log.begin:  # else all that was left is gone: nothing comes to be seen
                    assert now.positions[partition] == log.end, f"partition {partition} is not heard on"

    def tidy(self) -> bool:
        """Whether a person or the releaser had something to do; then it is done."""
        stopped, dead = self.look().stopped, self.dead()
        for partition in stopped:
            self.go_on(partition, "position") or self.go_on(partition, "beginning")
        for number in dead:
            self.do(self.rig.replay(number, Fate()))
        for number in set(dead) & set(self.dead()):
            self.do(self.rig.discard(number))
        return self.do(self.rig.release(Fate())) or bool(stopped or dead)

    def dead(self) -> list[int]:
        """The open dead letters, in log order."""
        return [number for _, (state, number) in sorted(self.look().asides.items()) if state in DEAD]

    def go_on(self, partition: int, begin: str) -> bool:
        """Have a partition go on; what is passed over is excused."""
        at = self.do(self.rig.resume(self.log, partition, begin))
        if at is not None:
            self.trusted[partition] = at
            self.log.passed_over = True
            self.known[partition] = at
            for member in self.members:
                self.do(member.look_for_resumed(self.look().stopped))
        return at is not None

    def hand_over(self, number: int, taken: dict[int, int], fate: Fate) -> bool:
        """Hand a batch to a member. Returns whether there was one."""
        member = self.members[number]
        records = member.consumer.hand_out(taken)
        if records:
            killed = self.do(member.hear(records, fate))
            self.bury(number, killed=killed)
        return bool(records)

    def make_ready(self, number: int) -> None:
        """See that a member has something and, if there are records, that it has sought its place."""
        member = self.members[number]
        if not member.consumer.positions:
            self.do(member.rebalance(dict(self.known), listened=True))
        if not member.settled:
            self.hand_over(number, dict.fromkeys(range(PARTITIONS), 1), Fate())

    def bury(self, number: int, *, killed: bool = False) -> None:
        """A member that died starts anew."""
        if killed or self.members[number].died:
            self.members[number] = self.new_member()

    def new_member(self) -> Member:
        """A copy that has just started."""
        return Member(self.rig, self.log)

    def look(self) -> Snapshot:
        """What stands in the database."""
        return self.do(self.rig.look())

    def do(self, step: Coroutine[Any, Any, T]) -> T:
        """Run a step."""
        return self.runner.run(step)

    async def _at_once(
        self, frozen: Member, other: Member, first: dict[int, int], second: dict[int, int], fate: Fate
    ) -> None:
        batch = frozen.consumer.hand_out(first)
        if not batch:
            return
        hearing = asyncio.create_task(frozen.hear(batch, fate))
        await self._until_frozen(hearing, fate)
        later = other.consumer.hand_out(second)
        if later:
            others = asyncio.create_task(other.hear(later, Fate()))
            await self.rig.until_blocked(others)
            fate.thawed.set()
            await others
        fate.thawed.set()
        await hearing

    async def _relay_at_once(self, fate: Fate) -> None:
        frozen = asyncio.create_task(self.rig.relay(self.sent, fate, self.monkeypatch))
        await self._until_frozen(frozen, fate)
        other = asyncio.create_task(self.rig.relay(self.sent, Fate(), self.monkeypatch))
        await self.rig.until_blocked(other)
        fate.thawed.set()
        await asyncio.gather(frozen, other)

    async def _until_frozen(self, task: "asyncio.Task[Any]", fate: Fate) -> None:
        freezing = asyncio.create_task(fate.frozen.wait())
        await asyncio.wait({task, freezing}, return_when=asyncio.FIRST_COMPLETED)
        freezing.cancel()
