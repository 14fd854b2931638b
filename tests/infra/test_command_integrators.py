"""``b40 integrators``: keys are made here and shown once; the platform gets digests and public halves."""

import asyncio
import hashlib
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from b40_contracts.cloudevents import to_http
from b40_contracts.integrators import key_id
from b40_events.app import application as events
from b40_infra import command
from b40_infra.integrators import signing_key
from b40_registry.app import application as registry
from typer.testing import CliRunner

from tests.registry.given import SOFIA
from tests.support.integrators import Partner, served
from tests.support.stage import Stage

SOURCE = "https://sofia.example/it"


@pytest.fixture
async def stage(kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """The registry and the events service, whose operations ports the command reaches."""
    async with (
        Stage(kafka, postgres, registry, events) as stage,
        served(stage.services["registry"].operations_api()) as one,
        served(stage.services["events"].operations_api()) as other,
    ):
        monkeypatch.setenv("B40_OPERATIONS", f"registry={one},events={other}")
        yield stage


async def b40(*words: str) -> list[str]:
    """The lines that the command prints."""
    answer = await asyncio.to_thread(CliRunner().invoke, command.app, ["integrators", *words])
    assert answer.exit_code == 0, answer.output + repr(answer.exception)
    return answer.output.splitlines()


def key_in(lines: list[str]) -> str:
    (line,) = [line for line in lines if line.startswith("API key, shown this once: ")]
    return line.rpartition(" ")[2]


async def test_a_key_works_as_soon_as_it_is_told_and_until_it_is_revoked(stage: Stage, tmp_path: Path) -> None:
    pem = tmp_path / "key.pem"
    lines = await b40("add", "sofia-it", "--source", SOURCE, "--city", "BGSOF", "--signing-key", str(pem))
    first = key_in(lines)
    assert "sofia-it is registered; in force at registry, events" in lines
    assert stat.S_IMODE(pem.stat().st_mode) == 0o600
    assert f"signing key: {key_id(signing_key(pem).public_key().public_bytes_raw())}" in lines
    assert await reported(stage, first, "1") == 202
    second = key_in(await b40("rotate", "sofia-it", "--after", "0"))
    assert (await reported(stage, first, "2"), await reported(stage, second, "3")) == (401, 202)
    listed = "\n".join(await b40("list", "--json"))
    digests = [hashlib.sha256(key.encode()).hexdigest() for key in (first, second)]
    assert all(digest in listed for digest in digests)
    assert not any(key in listed for key in (first, second))
    assert await b40("revoke", "sofia-it") == ["sofia-it is revoked; in force at registry, events"]
    assert await reported(stage, second, "4") == 401


async def reported(stage: Stage, key: str, id_: str) -> int:
    partner = Partner(source=SOURCE, api_key=key)
    message = to_http(partner.event(SOFIA, id_))
    async with stage.http("registry") as client:
        headers = {**dict(message.headers), **partner.headers}
        return (await client.post("/intake", headers=headers, content=message.body)).status_code


async def test_a_key_is_kept_nowhere(stage: Stage) -> None:
    """INVARIANT: secrets stand in no database and on no topic. Breaks if a key itself is sent to the registry."""
    key = key_in(await b40("add", "sofia-it", "--source", SOURCE))
    await stage.quiet()
    for app in ("registry", "events"):
        for table in ("b40.integrator", "b40.outbox", "b40.state_said"):
            rows = await stage.query(app, f"SELECT t::text AS whole FROM {table} AS t")  # noqa: S608
            assert not any(part in row["whole"] for row in rows for part in (key, key.encode().hex()[:20]))
    assert not any(key in repr(heard) for heard in stage.heard)


async def test_what_the_registry_does_not_take_is_told_and_leaves_no_key(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pem = tmp_path / "key.pem"
    await b40("add", "sofia-it", "--source", SOURCE)
    words = ["add", "thief", "--source", f"{SOURCE}/mail", "--signing-key", str(pem)]
    monkeypatch.setattr(sys, "argv", ["b40", "integrators", *words])
    with pytest.raises(SystemExit):
        await asyncio.to_thread(command.main)
    assert capsys.readouterr().err.strip() == (
        f"✗ registry says 409: Not registered: sources.0: {SOURCE}/mail and a source of sofia-it overlap"
    )
    assert not pem.exists()


@pytest.mark.parametrize(
    ("content", "told"), [(None, "cannot read"), ("nonsense", "holds no such key in PEM"), ("rsa", "not Ed25519")]
)
def test_a_file_that_is_no_key_is_named(
    tmp_path: Path, content: str | None, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    pem = tmp_path / "public.pem"
    if content == "rsa":
        other = ec.generate_private_key(ec.SECP256R1()).public_key()
        pem.write_bytes(other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    elif content is not None:
        pem.write_text(content)
    monkeypatch.setenv("B40_OPERATIONS", "registry=http://127.0.0.1:1")
    words = ["add", "x", "--source", "//x", "--public-key", str(pem)]
    monkeypatch.setattr(sys, "argv", ["b40", "integrators", *words])
    with pytest.raises(SystemExit):
        command.main()
    error = capsys.readouterr().err
    assert told in error
    assert str(pem) in error
