"""The catcher of mail keeps each mail once, and acknowledges nothing that it could lose."""

import smtplib
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from b40_infra.local import catcher, ports
from b40_infra.local.process import Child, Command, wait_until


def mail(message_id: str | None, text: str = "Ο γύρος περνά από εδώ.") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "notices@b40.example", "vlora@b40.example", "Tour"
    if message_id is not None:
        message["Message-ID"] = message_id
    message.set_content(text)
    return message


@pytest.fixture
def smtp(tmp_path: Path) -> Iterator[smtplib.SMTP]:
    """A connection to a catcher that writes into ``tmp_path``."""
    port = ports.free()
    module = [sys.executable, "-m", "b40_infra.local.catcher", "--folder", str(tmp_path), "--port", str(port)]
    child = Child(Command(name="mail", arguments=module), tmp_path / "logs")
    child.start()
    try:
        wait_until(lambda: ports.listens(port), child, 30)
        with smtplib.SMTP(ports.HOST, port) as connection:
            yield connection
    finally:
        child.stop()


def test_one_file_per_message_id(smtp: smtplib.SMTP, tmp_path: Path) -> None:
    """INVARIANT: a mail that is sent again after a crash is one mail. Breaks if files are named by arrival."""
    smtp.send_message(mail("<1@b40.example>"))
    smtp.send_message(mail("<1@b40.example>"))
    smtp.send_message(mail("<2@b40.example>"))
    assert catcher.counts(tmp_path) == catcher.Counts(received=3, kept=2)
    kept = [path.read_bytes() for path in tmp_path.glob("*.eml")]
    assert sum(b"Message-ID: <1@b40.example>" in each for each in kept) == 1


def test_a_mail_without_message_id_is_refused(smtp: smtplib.SMTP, tmp_path: Path) -> None:
    """Breaks if a mail is taken that could not be recognised when it comes again."""
    with pytest.raises(smtplib.SMTPDataError, match="without Message-ID"):
        smtp.send_message(mail(None))
    assert catcher.counts(tmp_path) == catcher.Counts(received=0, kept=0)


def test_a_mail_that_comes_again_replaces_nothing(tmp_path: Path) -> None:
    """Breaks if what was acknowledged can change afterwards."""
    first = catcher.keep(tmp_path, mail("<1@b40.example>", "first").as_bytes())
    again = catcher.keep(tmp_path, mail("<1@b40.example>", "second").as_bytes())
    assert first == again
    assert b"first" in first.read_bytes()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
