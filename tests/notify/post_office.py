"""A real mail server for tests: keeps what it is given, and replies what a test wants it to reply."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class PostOffice:
    """The mails that were taken, in their order. ``replies`` says what is replied, by address, once each."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    replies: dict[str, list[str]] = field(default_factory=dict)
    standing: dict[str, tuple[str, asyncio.Event]] = field(default_factory=dict)

    async def handle_RCPT(  # noqa: N802  (the name that aiosmtpd calls)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient, or reply as the test said."""
        if address in self.standing:
            reply, refused = self.standing[address]
            refused.set()
            return reply
        wanted = self.replies.get(address)
        if wanted:
            return wanted.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a mail."""
        assert isinstance(envelope.original_content, bytes)
        self.raw.append(envelope.original_content)
        self.mails.append(message_from_bytes(envelope.original_content, policy=policy.default))
        return "250 kept"

    def empty(self) -> None:
        """Forget all mails and replies."""
        self.mails.clear()
        self.raw.clear()
        self.replies.clear()
        self.standing.clear()

    def refuse(self, address: str, reply: str) -> asyncio.Event:
        """Refuse an address until emptied. The event is set by each refusal."""
        refused = asyncio.Event()
        self.standing[address] = (reply, refused)
        return refused

    def to(self, address: str) -> list[EmailMessage]:
        """The mails to an address."""
        return [mail for mail in self.mails if mail["To"] == address]


@asynccontextmanager
async def open_post_office() -> AsyncIterator[PostOffice]:
    """A mail server on a free port of this machine."""
    loop = asyncio.get_running_loop()
    office = PostOffice()
    server = await loop.create_server(lambda: SMTP(office, hostname="post.example", loop=loop), "127.0.0.1", 0)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
        await server.wait_closed()
