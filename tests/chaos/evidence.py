"""Gathers what became of all that was sent: from the topics, the ledger's books and the service's own word."""

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from b40_contracts.cloudevents import from_kafka, read
from b40_contracts.platform import EventRefused

from tests.chaos.inputs import ITEM
from tests.chaos.model import Evidence, Place
from tests.chaos.repairs import Repairs
from tests.support.ground import Ground
from tests.support.ledger.facts import INTAKE, TOPICS


async def gather(ground: Ground, repairs: Repairs, acknowledged: Iterable[int]) -> Evidence:
    """Look everywhere; nothing may be on its way any more."""
    status = await repairs.status()
    sums = await ground.query("SELECT coalesce(sum(amount), 0)::bigint AS all FROM balance")
    return Evidence(
        log=[(_place(record), _number(record)) async for record in _all_of(ground, INTAKE.name)],
        acknowledged=acknowledged,
        booked=await ground.booked(),
        announced=await ground.announced(),
        refused=await _refused(ground),
        set_aside=await _discarded(ground),
        duplicates=status["duplicates"],
        unbalanced=sums[0]["all"],
        left={
            name: status[name] for name in ("outbox", "tasks", "waiting", "released", "dead", "due_aside", "stopped")
        },
    )


async def _refused(ground: Ground) -> list[tuple[str, str]]:
    refusals: dict[str, tuple[str, str]] = {}
    async for record in _all_of(ground, "ledger-refusals"):
        cloud_event = from_kafka(record.key, record.value, record.headers)
        refusal = read(cloud_event, {EventRefused.type: EventRefused})
        assert isinstance(refusal, EventRefused)
        refusals[cloud_event.id] = (refusal.id, refusal.reason)
    return list(refusals.values())


async def _discarded(ground: Ground) -> list[Place]:
    rows = await ground.query("""SELECT partition, "offset" FROM b40.set_aside WHERE state = 'discarded'""")
    return [(row["partition"], row["offset"]) for row in rows]


async def _all_of(ground: Ground, name: str) -> AsyncIterator[ConsumerRecord]:
    """All records of a topic, in order per partition."""
    topic = next(each for each in TOPICS if each.name == name)
    partitions = [TopicPartition(ground.prefix + name, number) for number in range(topic.partitions)]
    async with AsyncExitStack() as stack:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=ground.kafka, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await consumer.start()
        stack.push_async_callback(consumer.stop)
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(each) < ends[each] for each in partitions]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    yield record


def _place(record: ConsumerRecord) -> Place:
    return record.partition, record.offset


def _number(record: ConsumerRecord) -> int:
    return int(dict(record.headers)[ITEM])
