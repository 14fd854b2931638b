"""A mail as it goes over the wire, read back by Python's own mail parser."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from b40_notify.mail import Mail, Sender, compose
from hypothesis import given
from hypothesis import strategies as st

TOKEN = "ex5vClKp" * 9
URL = f"https://notify.b40.example/unsubscribe/{TOKEN}"
LETTER = Mail(
    id="0181a7b0-3c00-8f3a-9c1d-5b7a2f6e4d21",
    sender=Sender(address="notices@b40.example", name="B40 Балкан"),
    to="ana@example.org",
    subject_line="Kırklareli, Приштина, Θεσσαλονίκη: the tour's dates are decided, and here is why each of them",
    paragraphs=("The tour comes to Kırklareli.", "<b>No</b> markup & no surprises."),
    time=datetime(2022, 7, 1, 6, tzinfo=UTC),
    list_name="tours",
    unsubscribe_url=URL,
    unsubscribe_address="unsubscribe@b40.example",
)


def parsed(mail: Mail) -> EmailMessage:
    """The mail as its reader's program understands it."""
    return message_from_bytes(compose(mail), policy=policy.default)


def part(message: EmailMessage, kind: str) -> str:
    """The text or HTML part."""
    body = message.get_body((kind,))
    assert body is not None
    content: str = body.get_content()
    return content.replace("\r\n", "\n")


def test_headers_say_who_when_and_which() -> None:
    """Breaks if a header is missing, mangled, or taken from the wall clock."""
    message = parsed(LETTER)

    assert message["From"].addresses[0].display_name == "B40 Балкан"
    assert message["From"].addresses[0].addr_spec == "notices@b40.example"
    assert message["To"] == "ana@example.org"
    assert message["Subject"] == LETTER.subject_line
    assert message["Date"].datetime == LETTER.time
    assert message["Message-ID"] == f"<{LETTER.id}@b40.example>"
    assert message["List-Id"] == "<tours.b40.example>"
    assert message["Auto-Submitted"] == "auto-generated"


def test_one_click_headers_stand_in_clear() -> None:
    """RFC 8058, RFC 2369. Breaks if Python encodes the long link as an RFC 2047 word, which no mail program reads."""
    head = compose(LETTER).partition(b"\r\n\r\n")[0].decode("ascii") + "\r\n"

    assert f"List-Unsubscribe: <{URL}>,\r\n <mailto:unsubscribe@b40.example?subject={TOKEN}>\r\n" in head
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in head


def test_the_mail_is_seven_bit_clean_with_lines_that_every_server_takes() -> None:
    """Breaks if a server without 8BITMIME or SMTPUTF8 must refuse it, or a line is longer than RFC 5321 allows."""
    raw = compose(replace(LETTER, paragraphs=("Скопје " * 400,)))

    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert raw.count(b"\n") == raw.count(b"\r\n")


def test_text_and_html_say_the_same_and_markup_is_not_taken_over() -> None:
    """Breaks if one part lacks something, or text from an event is run as HTML."""
    message = parsed(LETTER)

    beginning = "The tour comes to Kırklareli.\n\n<b>No</b> markup & no surprises.\n\n-- \n"
    assert part(message, "plain").startswith(beginning)
    assert "<p>&lt;b&gt;No&lt;/b&gt; markup &amp; no surprises.</p>" in part(message, "html")
    assert URL in part(message, "plain")
    assert f'href="{URL}"' in part(message, "html")


def test_the_same_mail_is_the_same_bytes() -> None:
    """Breaks if a boundary, date or id is drawn anew: a mail sent twice must be recognised."""
    assert compose(LETTER) == compose(LETTER)


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_can_add_a_header_or_a_recipient(line: str, paragraph: str) -> None:
    """Breaks if a line break in an event's text ends the header that it stands in."""
    message = parsed(replace(LETTER, subject_line=line, paragraphs=(paragraph,)))

    assert message.keys() == parsed(LETTER).keys()
    assert message["To"] == "ana@example.org"


@pytest.mark.parametrize("address", ["ana@example.org\r\nBcc: all@example.org", "ana@example.org\nX: y"])
def test_an_address_with_a_line_break_is_refused(address: str) -> None:
    """Breaks if an address can add a header."""
    with pytest.raises(ValueError, match="linefeed"):
        compose(replace(LETTER, to=address))
