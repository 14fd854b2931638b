"""`b40 break-glass`: one asks, the other asks too, and both have signed the same."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from b40_chassis.break_glass import Asked, message
from b40_infra import command
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from typer.testing import CliRunner

from tests.infra.answering import Asked as Questions
from tests.infra.answering import answering

WHICH = ["solidarity-needs", "7"]
REASON = "A city asks why its attestation does not hold."


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Questions]:
    """What an app that shows it was asked."""
    with answering({"/set-aside/7/show": {"clear": '{"type": "a"}'}}) as (url, asked):
        monkeypatch.setenv("B40_OPERATIONS", f"solidarity-needs={url}")
        yield asked


def b40(*words: str, code: int = 0) -> str:
    answer = CliRunner().invoke(command.app, ["break-glass", *words])
    assert answer.exit_code == code, answer.output
    return answer.output


def test_two_keys_two_names_one_request(asked: Questions, tmp_path: Path) -> None:
    """Breaks if what is sent is not signed by both, or if the first alone asks the app."""
    publics = [b40("key", str(tmp_path / name)).strip() for name in ("anna", "bora")]
    first = b40("ask", *WHICH, "--reason", REASON, "--as", "anna", "--key", str(tmp_path / "anna"))
    assert asked == []
    (tmp_path / "request").write_text(first)
    shown = b40("show", *WHICH, str(tmp_path / "request"), "--as", "bora", "--key", str(tmp_path / "bora"))
    assert json.loads(shown) == {"type": "a"}
    ((where, sent),) = asked
    assert where == "/set-aside/7/show"
    request = Asked.model_validate(sent)
    assert [each.name for each in request.signed] == ["anna", "bora"]
    for each, public in zip(request.signed, publics, strict=True):
        signed = message("solidarity-needs", 7, REASON, request.until)
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(each.signature), signed)


@pytest.mark.parametrize(("words", "told"), [(["--reason", "short"], "reason: "), (["--reason", REASON], "")])
def test_what_is_wrong_is_told_before_it_is_sent(tmp_path: Path, words: list[str], told: str) -> None:
    b40("key", str(tmp_path / "anna"))
    answer = CliRunner().invoke(
        command.app, ["break-glass", "ask", *WHICH, *words, "--as", "anna", "--key", str(tmp_path / "anna")]
    )
    assert told in str(answer.exception or answer.output)
    assert (answer.exit_code == 0) is (told == "")
