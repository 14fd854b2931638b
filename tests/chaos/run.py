"""One run: the world is made, items are sent, faults strike, and what became of all is compared with the model."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from b40_chassis.reaching import Kafka
from b40_infra.errors import Trouble
from b40_infra.local.quiet import Quiet

from tests.chaos.evidence import gather
from tests.chaos.faults import Faults
from tests.chaos.inputs import Item, inputs
from tests.chaos.model import Findings, findings
from tests.chaos.plan import plan
from tests.chaos.repairs import Repairs
from tests.chaos.sender import Sender
from tests.chaos.watch import Watch
from tests.chaos.world import World, world
from tests.support.copies import Copy
from tests.support.ground import Ground
from tests.support.ledger.facts import TOPICS

SETTLE_SECONDS_MAX = 60.0
LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked for."""

    seed: int
    seconds: float
    faults: frozenset[str]
    copies: int
    rate: float


@dataclass(slots=True)
class Outcome:
    """What a run showed. ``settled_seconds`` is None if it did not settle."""

    items: Counter[str] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    fault_log: Sequence[tuple[float, str]] = ()
    restarts: int = 0
    replayed: int = 0
    settled_seconds: float | None = None
    stalled_seconds: float = 0.0
    stalled_at: float = 0.0
    findings: Findings = field(default_factory=dict)

    @property
    def well(self) -> bool:
        """Whether nothing is wrong."""
        return self.settled_seconds is not None and not self.findings


async def run(options: Options, folder: Path) -> Outcome:
    """Run once. Logs are left in ``folder``."""
    items = list(islice(inputs(options.seed), int(options.seconds * options.rate)))
    outcome = Outcome(items=Counter(item.kind.value for item in items))
    async with world(folder, options.copies, options.seconds) as made:
        sender = Sender(made.kafka.bootstrap, made.ground.prefix)
        copies = [each.copy for each in made.copies]
        repairs = Repairs(made.ground, copies, items)
        await repairs.close_account()
        try:
            await _suffer(made, options, items, sender, repairs, outcome)
            outcome.settled_seconds = await settle(made.ground, copies)
            await repairs.finish()
            await settle(made.ground, copies)
        except (Trouble, TimeoutError, ExceptionGroup) as error:
            told = error.exceptions if isinstance(error, ExceptionGroup) else [error]
            outcome.findings = {"not settled": [str(each) or repr(each) for each in told]}
            outcome.settled_seconds = None
            return outcome
        finally:
            outcome.replayed = repairs.replayed
            outcome.restarts = sum(each.kept.deaths for each in made.copies)
        outcome.findings = findings(await gather(made.ground, repairs, sender.acknowledged), items)
    return outcome


async def settle(ground: Ground, copies: Sequence[Copy]) -> float:
    """Return how many seconds it took until all copies were ready and nothing was on its way. Raises Trouble."""
    begun = time.monotonic()
    waiting = list(copies)
    while waiting := [copy for copy in waiting if not await copy.ready()]:
        if time.monotonic() - begun > SETTLE_SECONDS_MAX:
            names = ", ".join(copy.name for copy in waiting)
            raise Trouble(f"not ready after {SETTLE_SECONDS_MAX:.0f} s: {names}")
        await asyncio.sleep(LOOK_SECONDS)
    quiet = Quiet(Kafka(ground.kafka), {"ledger": copies[0].operations}, TOPICS, ground.prefix)
    try:
        await quiet.wait(SETTLE_SECONDS_MAX)
    finally:
        await quiet.close()
    return time.monotonic() - begun


async def _suffer(
    made: World, options: Options, items: Sequence[Item], sender: Sender, repairs: Repairs, outcome: Outcome
) -> None:
    """Send and strike, while operations repairs now and then and a watch looks on."""
    faults, watch = Faults(made), Watch(made.ground, sender)
    aside = [asyncio.create_task(each) for each in (watch.run(), repairs.now_and_then())]
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(sender.send(items, options.rate))
            group.create_task(faults.strike(plan(options.seed, options.seconds, options.faults, options.copies)))
    finally:
        for task in aside:
            task.cancel()
        await asyncio.gather(*aside, return_exceptions=True)
        outcome.struck, outcome.left_out, outcome.fault_log = faults.struck, faults.left_out, faults.log
        outcome.stalled_seconds, outcome.stalled_at = watch.stalled_longest, watch.stalled_at
