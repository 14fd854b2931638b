"""What sending a notice and sending a digest share: may it be sent at all, to whom, and under which headers."""

from dataclasses import dataclass
from uuid import UUID

from b40_chassis.hears import Connection
from b40_contracts.notify import Subject

from b40_notify import tokens
from b40_notify.mail import Mail, Sender, compose
from b40_notify.settings import Settings, settings
from b40_notify.store import consents, recipients
from b40_notify.store.consents import Consent
from b40_notify.vault import Vault
from b40_notify.workers import smtp

RECIPIENT_GONE = "recipient-gone"
CONSENT_WITHDRAWN = "consent-withdrawn"


@dataclass(frozen=True, slots=True)
class Reachable:
    """Who a mail goes to: the address in clear (never stored so), and what holds at the moment of sending."""

    address: str
    consent: Consent


async def reach(connection: Connection, recipient: UUID) -> Reachable | None:
    """The recipient's address and consent, or None if it was erased or never entered here."""
    found = await recipients.find(connection, recipient)
    agreed = await consents.find(connection, recipient)
    if found is None or agreed is None:
        return None
    return Reachable(Vault(settings().vault_key_bytes()).open(recipient, found.sealed), agreed)


def unsubscribe_url(recipient: UUID, about: Subject | None, of: Settings) -> str:
    """The link that ends messages to a recipient about a subject, or about everything."""
    token = tokens.write(tokens.Unsubscribing(recipient, about), of.vault_key_bytes())
    return f"{of.public_url}/unsubscribe/{token}"


def sender(of: Settings, *, sealed: bool) -> Sender:
    """Who a mail comes from; under a neutral name if what it tells came sealed."""
    return Sender(address=of.sender_address, name=of.sealed_sender_name if sealed else of.sender_name)


async def post(mail: Mail, of: Settings) -> str | None:
    """Compose and send. None: the server took it; else why it can not be delivered."""
    return await smtp.send(compose(mail), mail.to, of)
