"""Reports a fact over Kafka with aiokafka alone, signed: ``python kafka_client.py KEY.pem SOURCE ID``.

Needs aiokafka and cryptography. ``B40_KAFKA`` is Kafka's address (localhost:9392), ``B40_TOPIC`` the intake's topic.
What is signed stands in src/b40_contracts/signing.py; this file needs nothing of it, to show what any client does.
"""

import asyncio
import base64
import hashlib
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from aiokafka import AIOKafkaProducer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

TYPE = "org.b40.registry.membership.reported.v1"
FACT = {"city": "BGSOF", "status": "signed", "on": "2022-06-28", "source": {"title": "Protocol"}}


def headers(key: Ed25519PrivateKey, attributes: dict[str, str], value: bytes) -> list[tuple[str, bytes]]:
    """The attributes of the event and its signature, as Kafka's headers."""
    signed_at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    lines = [attributes[name] for name in ("id", "source", "type", "time", "subject")]
    content = "\n".join(["b40-signature-1", *lines, signed_at, hashlib.sha256(value).hexdigest()])
    whole = {
        "specversion": "1.0",
        **attributes,
        "signature": base64.b64encode(key.sign(content.encode())).decode(),
        "signaturekey": hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest()[:16],
        "signaturetime": signed_at,
    }
    return [("content-type", b"application/json"), *((f"ce_{name}", text.encode()) for name, text in whole.items())]


async def report(key: Ed25519PrivateKey, source: str, id_: str) -> None:
    """Send one event, and return when all brokers have it. Sent again under the same id, it takes effect once."""
    value = json.dumps(FACT).encode()
    time = "2022-06-28T12:00:00+03:00"  # when it happened, not when it is sent
    attributes = {"id": id_, "source": source, "type": TYPE, "time": time, "subject": FACT["city"]}
    producer = AIOKafkaProducer(
        bootstrap_servers=os.environ.get("B40_KAFKA", "localhost:9392"),
        enable_idempotence=True,  # includes acks=all; its partitioner is murmur2, as that of the Java clients
    )
    async with producer:
        topic = os.environ.get("B40_TOPIC", "registry-intake")
        place = await producer.send_and_wait(
            topic, value, key=FACT["city"].encode(), headers=headers(key, attributes, value)
        )
    print(f"{id_} is on {place.topic}, partition {place.partition}, offset {place.offset}")


if __name__ == "__main__":
    pem, own_source, own_id = sys.argv[1:]
    private_key = load_pem_private_key(Path(pem).read_bytes(), None)
    assert isinstance(private_key, Ed25519PrivateKey), f"{pem} holds no Ed25519 key"
    asyncio.run(report(private_key, own_source, own_id))
