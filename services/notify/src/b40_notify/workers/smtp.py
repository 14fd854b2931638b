"""Handing a mail to the mail server: it took it, it never will, or it may later."""

import aiosmtplib
from b40_contracts.values import Slug

from b40_notify.settings import Encryption, Settings

PERMANENT = range(500, 600)
"""Replies that mean: not now and not later (RFC 5321, 4.2.1)."""

OURS = (500, 501, 502, 503, 504, 530, 534, 535, 538)
"""Of these, those about how we speak to the server, not about the mail: a repair of ours helps, so we try again."""


async def send(mail: bytes, to: str, settings: Settings) -> Slug | None:
    """Send a mail. None: the server took it; else why it can not be delivered, as ``smtp-550``.

    Raises what aiosmtplib raises if it may be tried again: no connection, a temporary reply, a broken set-up of ours.
    """
    try:
        await aiosmtplib.send(
            mail,
            sender=settings.sender_address,
            recipients=[to],
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_username,
            password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
            use_tls=settings.smtp_encryption is Encryption.TLS,
            start_tls=settings.smtp_encryption is Encryption.STARTTLS,
            timeout=settings.smtp_timeout_seconds,
        )
    except aiosmtplib.SMTPRecipientsRefused as refused:
        return _for_good(refused.recipients[0])
    except (aiosmtplib.SMTPDataError, aiosmtplib.SMTPRecipientRefused) as refused:
        return _for_good(refused)
    return None


def _for_good(refused: aiosmtplib.SMTPResponseException) -> Slug:
    """The reply as a reason, if it is for good. The server's words are left out: they repeat the address."""
    if refused.code in PERMANENT and refused.code not in OURS:
        return f"smtp-{refused.code}"
    raise TryAgain(refused.code) from None


class TryAgain(Exception):
    """The mail server does not take the mail at the moment."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the mail server replied {code}")
