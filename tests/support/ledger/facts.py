"""The ledger's facts and topics: transfers are reported, numbered per account, and booked once each."""

from b40_contracts.event import Event
from b40_contracts.platform import Ticked, refusals
from b40_contracts.topic import Kind, Topic, from_beginning, from_now
from pydantic import Field


class TransferReported(Event):
    """Money was given by an account to another; it is booked."""

    type = "org.b40.ledger.transfer.reported.v1"
    key = "account"
    account: str = Field(description="The account that gives.")
    number: int = Field(description="How many transfers this account has given, this one included: rises by one.")
    receiver: str = Field(description="The account that receives.")
    amount: int = Field(description="How much, in minor units; the database takes those above 0.")


class TransferBooked(Event):
    """A transfer stands in the books."""

    type = "org.b40.ledger.transfer.booked.v1"
    key = "account"
    account: str = Field(description="The account that gave.")
    number: int = Field(description="The number that the transfer was reported with.")
    receiver: str = Field(description="The account that received.")
    amount: int = Field(description="How much, in minor units.")


INTAKE = Topic(
    name="ledger-intake",
    kind=Kind.INTAKE,
    description="Transfers as reported.",
    events=(TransferReported,),
    producer="integrators",
    consumers=from_beginning("ledger"),
    partitions=4,
)
BOOKS = Topic(
    name="ledger-books",
    kind=Kind.FACTS,
    description="Transfers as booked.",
    events=(TransferBooked,),
    producer="ledger",
    consumers=(),
    partitions=4,
)
CLOCK = Topic(
    name="clock",
    kind=Kind.FACTS,
    description="What time it is.",
    events=(Ticked,),
    producer="clock",
    consumers=from_now("ledger"),
    partitions=1,
)
TOPICS = (INTAKE, BOOKS, CLOCK, refusals("ledger"))
