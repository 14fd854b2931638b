"""What the pinned aiokafka does when the broker refuses: why the relay makes a new producer, and who makes topics."""

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from tests.chassis.listening import new_name, new_topic, producing

TOO_LARGE = b"x" * 20_000


async def test_one_refused_record_breaks_an_idempotent_producer_for_its_partition(kafka: str) -> None:
    """If this fails, the relay may keep its producer after an error; now only a new one sends again."""
    topic = new_topic(kafka, max_message_bytes="10000")
    async with producing(kafka, enable_idempotence=True) as producer:
        await producer.send_and_wait(topic, b"good", partition=0)
        with pytest.raises(MessageSizeTooLargeError):
            await producer.send_and_wait(topic, TOO_LARGE, partition=0)
        for _ in range(3):
            with pytest.raises(KafkaError):
                await producer.send_and_wait(topic, b"good", partition=0)
    async with producing(kafka, enable_idempotence=True) as another:
        assert (await another.send_and_wait(topic, b"good", partition=0)).offset == 1


async def test_creating_a_topic_raises_nothing_when_the_broker_refuses(kafka: str) -> None:
    """If this fails, aiokafka's admin client could make topics; now it is confluent-kafka's, whose results raise."""
    client = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await client.start()
    try:
        answer = await client.create_topics([NewTopic(new_name("topic"), 1, 99)])
    finally:
        await client.close()
    ((_, code, _),) = answer.topic_errors
    assert code != 0
