"""Mistakes in saying something: ids, outbox, relay, secrets, tasks."""

from tests.mutants.mistake import Mistake

IDENTITY = "tests/chassis/test_identity.py"
INFRASTRUCTURE = "tests/chassis/test_infrastructure.py"
FORGETTING = "tests/chassis/test_forgetting.py"
RELAY = "tests/chassis/test_relay.py"

SAYING = [
    Mistake(
        "a frozen leader keeps the lead",
        "relay.py",
        '"idle_session_timeout": "4s", ',
        "",
        "tests/failures/test_relay_lead.py",
        "frozen",
    ),
    Mistake(
        "a record that no broker takes is tried for ever",
        "sending.py",
        "(isinstance(error, OF_RECORDS) and index in alone)",
        "False",
        RELAY,
        "no_broker",
    ),
    Mistake(
        "what stood with a refused record in a batch is refused too",
        "sending.py",
        "(isinstance(error, OF_RECORDS) and index in alone)",
        "isinstance(error, OF_RECORDS)",
        RELAY,
        "no_broker",
    ),
    Mistake("what is young is forgotten", "forgetting.py", "MEMORY_DAYS + 8", "MEMORY_DAYS - 8", FORGETTING, "older"),
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
        "for sent, each in first.items() if sent in new]",
        "for sent, each in first.items()]",
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
    Mistake(
        "the first worker that is cancelled ends the waiting for all",
        "worker.py",
        "        await asyncio.gather(*workers, return_exceptions=True)",
        "        await asyncio.gather(*workers)",
        "tests/chassis/test_tasks.py",
        "displaced",
    ),
    Mistake(
        "a producer that failed is kept",
        "sending.py",
        "                await self.close()\n                refused",
        "                refused",
        RELAY,
        "no_broker",
    ),
    Mistake(
        "a producer is kept before it has started",
        "sending.py",
        "            try:\n                await asyncio.wait_for(producer.start()",
        "            self._producer = producer\n"
        "            try:\n"
        "                await asyncio.wait_for(producer.start()",
        RELAY,
        "not_kept",
    ),
    Mistake(
        "ids depend on the version of the type",
        "work.py",
        "self.identity.announcement(cause, type_without_version(type_), key,",
        "self.identity.announcement(cause, type_, key,",
        IDENTITY,
    ),
    Mistake(
        "the ordinals of an id are those of the whole transaction",
        "work.py",
        "key = (cause.source, cause.id, *what)",
        "key = what",
        IDENTITY,
    ),
]
