"""Solidarity's events and topics: needs and gifts on sealed topics, batches between them, public totals.

No event of one side names, or is caused by, one of the other.
"""

from b40_contracts.platform import refusals
from b40_contracts.solidarity.gifts import GiftNoticeRequested, GiftOpened, GiftReported, GreetingRequested
from b40_contracts.solidarity.matcher import (
    BatchDecided,
    GiftBatchFinished,
    GiftsSpent,
    NeedsHandedBack,
    NeedsOrdered,
    OrderedNeed,
    SpentGift,
)
from b40_contracts.solidarity.needs import (
    AttestationReported,
    BillReported,
    NeedClosed,
    NeedNoticeRequested,
    NeedOpened,
    NeedWithdrawalReported,
    NoticeTemplate,
    OrderAnswerReported,
    OrderLine,
    OrderPlaced,
    SettlementCounted,
)
from b40_contracts.solidarity.policies import (
    F_HOUSEHOLDS_DEFAULT,
    K_DEFAULT,
    K_MIN,
    NETWORK,
    AnnouncedPolicy,
    Border,
    CurrencyRules,
    Package,
    Policy,
    PolicyReported,
    PolicyTerms,
    SupportKind,
    TokenEpoch,
    week_of,
)
from b40_contracts.solidarity.records import (
    BATCHES_MAX,
    Cleared,
    DrawnBatch,
    GiftRecordDrawn,
    GiftRecordRooted,
    NeedRecordDrawn,
    NeedRecordRooted,
    RecordDrawn,
    RecordPublished,
    Rooted,
    StatisticsCell,
    StatisticsPublished,
)
from b40_contracts.topic import Kind, Topic, from_beginning, from_now

NEEDS, GIFTS, MATCHER = "solidarity-needs", "solidarity-gifts", "solidarity-matcher"

NEEDS_INTAKE = Topic(
    name="solidarity-needs-intake",
    kind=Kind.INTAKE,
    description="What cities and billers report of needs, and policies. Reached over HTTPS only.",
    events=(PolicyReported, AttestationReported, BillReported, NeedWithdrawalReported, OrderAnswerReported),
    producer="integrators",
    consumers=from_beginning(NEEDS),
    sealed=True,
)

GIFTS_INTAKE = Topic(
    name="solidarity-gifts-intake",
    kind=Kind.INTAKE,
    description="What payment partners report of gifts. Reached over HTTPS only.",
    events=(GiftReported,),
    producer="integrators",
    consumers=from_beginning(GIFTS),
    sealed=True,
)

POLICIES = Topic(
    name="solidarity-policies",
    kind=Kind.STATE,
    description="Each city's policy, and the network's, as it is.",
    events=(Policy,),
    producer=NEEDS,
    consumers=from_beginning(NEEDS, GIFTS, MATCHER),
)

OPEN_NEEDS = Topic(
    name="solidarity-open-needs",
    kind=Kind.FACTS,
    description="Needs that may be met, by working id, or no more.",
    events=(NeedOpened, NeedClosed),
    producer=NEEDS,
    consumers=from_now(MATCHER),
    sealed=True,
)

OPEN_GIFTS = Topic(
    name="solidarity-open-gifts",
    kind=Kind.FACTS,
    description="To the matcher: gifts that may be spent, by working id, and the roots of their leaves.",
    events=(GiftOpened, GiftRecordRooted),
    producer=GIFTS,
    consumers=from_now(MATCHER),
    sealed=True,
)

DECISIONS = Topic(
    name="solidarity-decisions",
    kind=Kind.FACTS,
    description="Batches and records as the matcher decided them; it reads them back before they take effect.",
    events=(BatchDecided, RecordDrawn),
    producer=MATCHER,
    consumers=from_beginning(MATCHER),
    partitions=1,
    sealed=True,
)

NEED_BATCHES = Topic(
    name="solidarity-need-batches",
    kind=Kind.FACTS,
    description="To the needs side alone: needs to be ordered, needs handed back, batches that go into a record.",
    events=(NeedsOrdered, NeedsHandedBack, NeedRecordDrawn),
    producer=MATCHER,
    consumers=from_now(NEEDS),
    sealed=True,
)

GIFT_BATCHES = Topic(
    name="solidarity-gift-batches",
    kind=Kind.FACTS,
    description="To the gifts side alone: which gifts are spent, which batches are final and go into a record.",
    events=(GiftsSpent, GiftBatchFinished, GiftRecordDrawn),
    producer=MATCHER,
    consumers=from_now(GIFTS),
    sealed=True,
)

ORDERS = Topic(
    name="solidarity-orders",
    kind=Kind.FACTS,
    description="Orders, for the payment partner and the billers.",
    events=(OrderPlaced,),
    producer=NEEDS,
    consumers=(),
    sealed=True,
)

SETTLEMENTS = Topic(
    name="solidarity-settlements",
    kind=Kind.FACTS,
    description="To the matcher's books: what of a batch was settled and what returned, in totals; roots of leaves.",
    events=(SettlementCounted, NeedRecordRooted),
    producer=NEEDS,
    consumers=from_now(MATCHER),
    sealed=True,
)

NEED_NOTICES = Topic(
    name="solidarity-need-notices",
    kind=Kind.FACTS,
    description="Who is to be told that a bill was paid.",
    events=(NeedNoticeRequested,),
    producer=NEEDS,
    consumers=from_now("notify"),
    sealed=True,
)

GIFT_NOTICES = Topic(
    name="solidarity-gift-notices",
    kind=Kind.FACTS,
    description="Who is to be told that a gift was spent.",
    events=(GiftNoticeRequested, GreetingRequested),
    producer=GIFTS,
    consumers=from_now("notify"),
    sealed=True,
)

STATISTICS = Topic(
    name="solidarity-statistics",
    kind=Kind.FACTS,
    description="Coarse public figures, weekly; the matcher reads them back.",
    events=(StatisticsPublished,),
    producer=MATCHER,
    consumers=(*from_beginning(MATCHER), *from_now("notify")),
)

RECORDS = Topic(
    name="solidarity-records",
    kind=Kind.FACTS,
    description="The public record, weekly and chained; the matcher reads it back, the sides give receipts under it.",
    events=(RecordPublished,),
    producer=MATCHER,
    consumers=(*from_beginning(MATCHER, NEEDS, GIFTS), *from_now("notify")),
    partitions=1,
)

NEEDS_REFUSALS = refusals(NEEDS, sealed=True)
GIFTS_REFUSALS = refusals(GIFTS, sealed=True)

TOPICS: tuple[Topic, ...] = (
    NEEDS_INTAKE,
    GIFTS_INTAKE,
    POLICIES,
    OPEN_NEEDS,
    OPEN_GIFTS,
    DECISIONS,
    NEED_BATCHES,
    GIFT_BATCHES,
    ORDERS,
    SETTLEMENTS,
    NEED_NOTICES,
    GIFT_NOTICES,
    STATISTICS,
    RECORDS,
    NEEDS_REFUSALS,
    GIFTS_REFUSALS,
)

__all__ = [
    "BATCHES_MAX",
    "DECISIONS",
    "F_HOUSEHOLDS_DEFAULT",
    "GIFTS",
    "GIFTS_INTAKE",
    "GIFTS_REFUSALS",
    "GIFT_BATCHES",
    "GIFT_NOTICES",
    "K_DEFAULT",
    "K_MIN",
    "MATCHER",
    "NEEDS",
    "NEEDS_INTAKE",
    "NEEDS_REFUSALS",
    "NEED_BATCHES",
    "NEED_NOTICES",
    "NETWORK",
    "OPEN_GIFTS",
    "OPEN_NEEDS",
    "ORDERS",
    "POLICIES",
    "RECORDS",
    "SETTLEMENTS",
    "STATISTICS",
    "TOPICS",
    "AnnouncedPolicy",
    "AttestationReported",
    "BatchDecided",
    "BillReported",
    "Border",
    "Cleared",
    "CurrencyRules",
    "DrawnBatch",
    "GiftBatchFinished",
    "GiftNoticeRequested",
    "GiftOpened",
    "GiftRecordDrawn",
    "GiftRecordRooted",
    "GiftReported",
    "GiftsSpent",
    "GreetingRequested",
    "NeedClosed",
    "NeedNoticeRequested",
    "NeedOpened",
    "NeedRecordDrawn",
    "NeedRecordRooted",
    "NeedWithdrawalReported",
    "NeedsHandedBack",
    "NeedsOrdered",
    "NoticeTemplate",
    "OrderAnswerReported",
    "OrderLine",
    "OrderPlaced",
    "OrderedNeed",
    "Package",
    "Policy",
    "PolicyReported",
    "PolicyTerms",
    "RecordDrawn",
    "RecordPublished",
    "Rooted",
    "SettlementCounted",
    "SpentGift",
    "StatisticsCell",
    "StatisticsPublished",
    "SupportKind",
    "TokenEpoch",
    "week_of",
]
