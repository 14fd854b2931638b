"""The programs of the integrators' kit run as they are, against a registry that takes only whom it knows."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from b40_contracts.cloudevents import to_structured
from b40_contracts.registry import City, Status
from b40_infra import command
from b40_registry.app import application
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner

from tests.registry.given import JUNE_28, SOFIA, membership
from tests.support.integrators import Partner, send, served, state
from tests.support.stage import Stage

CLIENTS = Path(__file__).parents[2] / "contracts" / "clients"
SOFIA_IT = Partner(name="sofia-it", source="https://sofia.example/it", api_key="b40_key-of-sofia")


@pytest.fixture
async def stage(kafka: str, postgres: str) -> AsyncIterator[Stage]:
    """The registry, which knows Sofia and its integrator, and takes nothing of strangers."""
    async with Stage(kafka, postgres, application, strangers="refused") as stage:
        await stage.tick("2022-07-01")
        await state(stage, SOFIA_IT.state())
        await send(stage, "registry-intake", SOFIA_IT.signed(SOFIA_IT.event(SOFIA, "profile")))
        await stage.quiet()
        yield stage


async def run(*command: str, **environment: str) -> tuple[int | None, str]:
    """Exit code and output of a program."""
    child = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(child.communicate(), 60)
    return child.returncode, output.decode()


async def test_the_kafka_client_signs_what_it_sends(stage: Stage, tmp_path: Path) -> None:
    pem = tmp_path / "key.pem"
    pem.write_bytes(SOFIA_IT.signing_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    environment = {"B40_KAFKA": stage.kafka, "B40_TOPIC": f"{stage.prefix}registry-intake"}
    command = (sys.executable, str(CLIENTS / "kafka_client.py"), str(pem), SOFIA_IT.source)
    for _ in range(2):
        code, output = await run(*command, "sofia-1", **environment)
        assert code == 0, output
    await stage.quiet()
    assert len(stage.said(City)[-1].ledger) == 1, "sent twice, it takes effect once"
    rows = await stage.query("registry", "SELECT reason FROM b40.set_aside")
    assert rows == []


async def test_b40_publish_signs_with_the_same_key(stage: Stage, tmp_path: Path) -> None:
    pem, file = tmp_path / "key.pem", tmp_path / "facts.json"
    pem.write_bytes(SOFIA_IT.signing_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    event = SOFIA_IT.event(membership("BGSOF", Status.SIGNED, JUNE_28), "sofia-1")
    file.write_text(json.dumps(to_structured(event)))
    where = ("--kafka", stage.kafka, "--prefix", stage.prefix, "--signing-key", str(pem))
    answer = await asyncio.to_thread(CliRunner().invoke, command.app, ["publish", str(file), *where])
    assert answer.exit_code == 0, answer.output
    await stage.quiet()
    assert len(stage.said(City)[-1].ledger) == 1


async def test_the_https_client_follows_its_event(stage: Stage) -> None:
    async with served(stage.services["registry"].public_api()) as url:
        command = (sys.executable, str(CLIENTS / "https_client.py"), url)
        code, output = await run(*command, SOFIA_IT.source, "sofia-1", B40_API_KEY=SOFIA_IT.api_key)
        assert (code, output) == (0, "sofia-1: applied\n")
        code, output = await run(*command, SOFIA_IT.source, "sofia-2", B40_API_KEY="b40_another")
        assert code == 1
        assert output.startswith("401 Not known: authorization: must be Bearer and an API key")


async def test_curl_does_the_same(stage: Stage) -> None:
    async with served(stage.services["registry"].public_api()) as url:
        command = ("sh", str(CLIENTS / "https_client.sh"), url)
        code, output = await run(*command, SOFIA_IT.source, "sofia-1", B40_API_KEY=SOFIA_IT.api_key)
        assert code == 0, output
        assert '"state":' in output
        code, output = await run(*command, "https://sofia.example", "sofia-1", B40_API_KEY=SOFIA_IT.api_key)
        assert code != 0
        assert "source: is not one of the sources of sofia-it" in output
    await stage.quiet()
    assert len(stage.said(City)[-1].ledger) == 1
