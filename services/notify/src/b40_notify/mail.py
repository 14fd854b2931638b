"""A mail as it goes over the wire: headers that mail programs and servers act on, text, and the same as plain HTML."""

import html
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from typing import Any

UNFOLDED = ("list-unsubscribe", "list-id", "message-id")
"""Headers whose long words must stay whole: Python would encode them as RFC 2047 words, which no server reads."""


TEXT_LANGUAGE = "en"
"""Language of all texts; only names in them follow the reader."""


class MailPolicy(EmailPolicy):
    """SMTP's policy, but identifiers and links are never encoded; a list of links is folded at its commas."""

    def fold(self, name: str, value: Any) -> str:
        """One header as text."""
        if name.lower() in UNFOLDED:
            return f"{name}: {str(value).replace(', ', ',' + self.linesep + ' ')}{self.linesep}"
        folded: str = super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: Any) -> bytes:
        """One header as bytes."""
        if name.lower() in UNFOLDED:
            return self.fold(name, value).encode("ascii")
        return super().fold_binary(name, value)


POLICY = MailPolicy(linesep=SMTP.linesep, max_line_length=SMTP.max_line_length, cte_type="7bit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who mails come from."""

    address: str
    name: str

    @property
    def domain(self) -> str:
        """The domain that vouches for ids of messages and lists."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What is to be sent. ``id`` is the notice's or digest's: the same mail sent twice has the same Message-ID."""

    id: str
    sender: Sender
    to: str
    subject_line: str
    paragraphs: tuple[str, ...]
    time: datetime
    list_name: str
    unsubscribe_url: str
    unsubscribe_address: str


def compose(mail: Mail) -> bytes:
    """The mail as bytes, 7-bit clean. Raises ValueError if an address or subject line cannot stand in a header."""
    domain = mail.sender.domain
    message = EmailMessage(policy=POLICY)
    message["From"] = Address(mail.sender.name, addr_spec=mail.sender.address)
    message["To"] = mail.to
    message["Subject"] = " ".join(mail.subject_line.split())
    message["Date"] = format_datetime(mail.time)
    message["Message-ID"] = f"<{mail.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["List-Id"] = f"<{mail.list_name}.{domain}>"
    token = mail.unsubscribe_url.rpartition("/")[2]
    message["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>, <mailto:{mail.unsubscribe_address}?subject={token}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Content-Language"] = TEXT_LANGUAGE
    message.set_content(_text(mail), cte="quoted-printable")
    message.add_alternative(_html(mail), subtype="html", cte="quoted-printable")
    # The parts' boundary is random unless it is given, and the same mail must be the same bytes.
    message.set_boundary(f"part-{mail.id}")
    return message.as_bytes()


def _text(mail: Mail) -> str:
    return "\n\n".join((*mail.paragraphs, "-- ", f"To stop these messages: {mail.unsubscribe_url}")) + "\n"


def _html(mail: Mail) -> str:
    paragraphs = "\n".join(f"<p>{html.escape(text).replace(chr(10), '<br>')}</p>" for text in mail.paragraphs)
    link = html.escape(mail.unsubscribe_url, quote=True)
    return (
        f'<!doctype html>\n<html lang="{TEXT_LANGUAGE}"><body>\n{paragraphs}\n'
        f'<p><small><a href="{link}">Stop these messages</a></small></p>\n</body></html>\n'
    )
