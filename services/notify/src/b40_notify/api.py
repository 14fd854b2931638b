"""notify's public routes: recipients enter, choose and leave; links of mails; what was sent, counted."""

from typing import Annotated, Any
from uuid import UUID

from b40_chassis.api import Known, Read, Write
from b40_chassis.problems import Problem
from b40_contracts.notify import (
    ConsentGiven,
    ConsentWithdrawn,
    ErasureRequested,
    RecipientErased,
    Subject,
    WithdrawalReported,
)
from b40_contracts.values import CityCode, Language
from fastapi import APIRouter, Path, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from b40_notify import pages, tokens
from b40_notify.addresses import EmailAddress, masked
from b40_notify.settings import settings
from b40_notify.store import consents, digests, notices, recipients
from b40_notify.store.recipients import Recipient
from b40_notify.vault import Vault

router = APIRouter()

Token = Annotated[str, Path(max_length=200, description="The token of a link in a mail.")]


_TOLD_SOMEHOW: list[JsonValue] = [
    {"properties": {"immediate": {"const": True}}},
    {"required": ["digest"], "properties": {"digest": {"const": True}}},
]

NOT_A_LINK: dict[int | str, dict[str, Any]] = {
    404: {"description": "A page that says so: people come here from mails.", "content": {"text/html": {}}}
}


class RecipientEntered(BaseModel):
    """A recipient, whole. Personal data: it stays in notify's vault and never travels on a topic."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"anyOf": _TOLD_SOMEHOW})

    address: EmailAddress = Field(description="E-mail address.")
    city: CityCode | None = Field(default=None, description="City to hear of; absent: every city.")
    language: Language = Field(default="en", description="Language that names are written in, where there is a choice.")
    about: tuple[Subject, ...] = Field(max_length=len(Subject), description="Subjects that the person agreed to.")
    immediate: bool = Field(default=True, description="Send each notice as soon as there is one.")
    digest: bool = Field(default=False, description="Send the notices of a day together, once a day.")

    @model_validator(mode="after")
    def _is_told_somehow(self) -> "RecipientEntered":
        if not (self.immediate or self.digest):
            raise ValueError("at least one of immediate and digest must be true")
        return self


class RecipientShown(BaseModel):
    """A recipient as it may be seen: enough of the address to know it again, and what holds at the moment."""

    address: str = Field(description="The address, masked.")
    city: CityCode | None = Field(description="City that it hears of; null: every city.")
    language: str = Field(description="Language that names are written in.")
    about: tuple[str, ...] = Field(description="Subjects agreed to; empty until the consent was heard.")
    immediate: bool = Field(description="Each notice is sent as soon as there is one.")
    digest: bool = Field(description="The notices of a day are sent together.")


class Summary(BaseModel):
    """What was sent, counted from notify's own tables."""

    sent: int = Field(description="Notices sent, each by itself.")
    digests: int = Field(description="Digests sent.")
    by_subject: dict[str, int] = Field(description="Notices sent, by subject.")


@router.put("/recipients/{id}", status_code=204)
async def enter_recipient(id: UUID, entered: RecipientEntered, write: Write, visitor: Known) -> None:  # noqa: A002
    """Enter a recipient under an id of your choice (a UUID that says nothing), or replace it.

    What it agreed to takes effect once notify has heard its own announcement of it. 410 if the id was erased. Where
    strangers are refused it takes the API key of a desk: an integrator that may report withdrawals.
    """
    visitor.check_type(WithdrawalReported)
    connection = write.work.connection
    if await recipients.is_erased(connection, id):
        raise Problem(410, "Erased", "id: this recipient was erased; enter the person under a new id", "id")
    sealed = Vault(settings().vault_key_bytes()).seal(id, entered.address)
    await recipients.enter(connection, Recipient(id, entered.city, entered.language, sealed))
    consent = ConsentGiven(
        recipient=id,
        about=tuple(sorted(set(entered.about))),
        immediate=entered.immediate,
        digest=entered.digest,
    )
    write.work.announce(consent, cause=write.cause)


@router.get("/recipients/{id}")
async def show_recipient(id: UUID, read: Read, visitor: Known) -> RecipientShown:  # noqa: A002  (the path's name)
    """A recipient, its address masked. 404 if nobody of that id was entered. It takes a desk's key, as entering one."""
    visitor.check_type(WithdrawalReported)
    recipient = await recipients.find(read, id)
    if recipient is None:
        raise Problem(404, "Unknown", "id: no recipient of that id", "id")
    agreed = await consents.find(read, id)
    return RecipientShown(
        address=masked(Vault(settings().vault_key_bytes()).open(id, recipient.sealed)),
        city=recipient.city,
        language=recipient.language,
        about=agreed.about if agreed else (),
        immediate=agreed.immediate if agreed else False,
        digest=agreed.digest if agreed else False,
    )


@router.delete("/recipients/{id}", status_code=204)
async def erase_recipient(id: UUID, write: Write, visitor: Known) -> None:  # noqa: A002  (the path's name)
    """Erase a recipient and the key of its address, at once and for good; again, or unknown, it is the same.

    Where strangers are refused it takes the API key of an integrator that may report requests to be forgotten.
    """
    visitor.check_type(ErasureRequested)
    if not await recipients.is_erased(write.work.connection, id):
        await recipients.erase(write.work.connection, id)
        write.work.announce(RecipientErased(recipient=id), cause=write.cause)


@router.get("/unsubscribe/{token}", response_class=HTMLResponse, responses=NOT_A_LINK)
async def ask_whether_to_stop(token: Token) -> HTMLResponse:
    """A page with a button. It changes nothing."""
    try:
        unsubscribing = tokens.read(token, settings().vault_key_bytes())
    except tokens.NotAToken:
        return HTMLResponse(pages.not_a_link(), 404)
    return HTMLResponse(pages.asking(unsubscribing.about))


@router.post("/unsubscribe/{token}", response_class=HTMLResponse, responses=NOT_A_LINK)
async def stop_messages(token: Token, write: Write) -> Response:
    """End messages to the recipient that the link names: by the page's button, or by a mail program (RFC 8058)."""
    try:
        unsubscribing = tokens.read(token, settings().vault_key_bytes())
    except tokens.NotAToken:
        return HTMLResponse(pages.not_a_link(), 404)
    withdrawn = ConsentWithdrawn(recipient=unsubscribing.recipient, about=unsubscribing.about)
    write.work.announce(withdrawn, cause=write.cause)
    return HTMLResponse(pages.done(unsubscribing.about))


@router.get("/notices/summary")
async def summary(read: Read) -> Summary:
    """How many notices and digests were sent."""
    by_subject = await notices.sent_by_subject(read)
    return Summary(sent=sum(by_subject.values()), digests=await digests.sent(read), by_subject=by_subject)
