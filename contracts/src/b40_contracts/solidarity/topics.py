"""Solidarity's topics: needs and gifts on sealed ones, batches between them, public totals."""

from b40_contracts.platform import break_glass, refusals
from b40_contracts.solidarity.billers import (
    Biller,
    BillerReported,
    OrderLinesPlaced,
    OrderPlaced,
)
from b40_contracts.solidarity.gifts import (
    GiftClosed,
    GiftErasureReported,
    GiftNoticeRequested,
    GiftOpened,
    GiftPersonErased,
    GiftReported,
    GiftWithdrawalReported,
    GreetingRequested,
    RefundDue,
)
from b40_contracts.solidarity.matcher import (
    BatchDecided,
    GiftBatchFinished,
    GiftRefunded,
    GiftsSpent,
    NeedsHandedBack,
    NeedsOrdered,
    RefundDecided,
)
from b40_contracts.solidarity.needs import (
    AttestationReported,
    BillReported,
    NeedClosed,
    NeedErasureReported,
    NeedNoticeRequested,
    NeedOpened,
    NeedPersonErased,
    NeedReturned,
    NeedWithdrawalReported,
    OrderAnswerReported,
    SettlementCounted,
)
from b40_contracts.solidarity.policies import (
    Policy,
    PolicyReported,
)
from b40_contracts.solidarity.records import (
    GiftRecordDrawn,
    GiftRecordRooted,
    NeedRecordDrawn,
    NeedRecordRooted,
    RecordDrawn,
    RecordPublished,
    StatisticsPublished,
)
from b40_contracts.topic import Kind, Topic, from_beginning, from_now

NEEDS, GIFTS, MATCHER = "solidarity-needs", "solidarity-gifts", "solidarity-matcher"

NEEDS_INTAKE = Topic(
    name="solidarity-needs-intake",
    kind=Kind.INTAKE,
    description="What cities and billers report of needs, and policies. Reached over HTTPS only.",
    events=(
        PolicyReported,
        BillerReported,
        AttestationReported,
        BillReported,
        NeedWithdrawalReported,
        NeedErasureReported,
        OrderAnswerReported,
    ),
    producer="integrators",
    consumers=from_beginning(NEEDS),
    sealed=True,
)

GIFTS_INTAKE = Topic(
    name="solidarity-gifts-intake",
    kind=Kind.INTAKE,
    description="What payment partners report of gifts. Reached over HTTPS only.",
    events=(GiftReported, GiftWithdrawalReported, GiftErasureReported),
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

BILLERS = Topic(
    name="solidarity-billers",
    kind=Kind.STATE,
    description="Billers, and to which key the lines of their orders are encrypted.",
    events=(Biller,),
    producer=NEEDS,
    consumers=from_beginning(NEEDS),
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
    description="To the matcher: gifts that may be spent, or no more, by working id; the roots of their leaves.",
    events=(GiftOpened, GiftClosed, GiftRecordRooted),
    producer=GIFTS,
    consumers=from_now(MATCHER),
    sealed=True,
)

DECISIONS = Topic(
    name="solidarity-decisions",
    kind=Kind.FACTS,
    description="Batches, refunds and records as the matcher decided them; read back before they take effect.",
    events=(BatchDecided, RefundDecided, RecordDrawn),
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
    description="To the gifts side alone: gifts spent or refunded, batches that are final and go into a record.",
    events=(GiftsSpent, GiftRefunded, GiftBatchFinished, GiftRecordDrawn),
    producer=MATCHER,
    consumers=from_now(GIFTS),
    sealed=True,
)

ORDERS = Topic(
    name="solidarity-orders",
    kind=Kind.FACTS,
    description="Orders, for the payment partner: one total per biller and batch.",
    events=(OrderPlaced,),
    producer=NEEDS,
    consumers=(),
    sealed=True,
)

ORDER_LINES = Topic(
    name="solidarity-order-lines",
    kind=Kind.FACTS,
    description="The lines of orders, for the billers: each encrypted to its own.",
    events=(OrderLinesPlaced,),
    producer=NEEDS,
    consumers=(),
    sealed=True,
)

REFUNDS = Topic(
    name="solidarity-refunds",
    kind=Kind.FACTS,
    description="What goes back of withdrawn gifts, for the payment partner.",
    events=(RefundDue,),
    producer=GIFTS,
    consumers=(),
    sealed=True,
)

RETURNS = Topic(
    name="solidarity-returns",
    kind=Kind.FACTS,
    description="Needs that are handed back, for the cities that attested them; by ids that say nothing to others.",
    events=(NeedReturned,),
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

NEED_ERASURES = Topic(
    name="solidarity-need-erasures",
    kind=Kind.FACTS,
    description="Persons who asked for help and are to be forgotten. The needs side reads it back before all else.",
    events=(NeedPersonErased,),
    producer=NEEDS,
    consumers=(*from_beginning(NEEDS), *from_now("notify")),
    sealed=True,
)

GIFT_ERASURES = Topic(
    name="solidarity-gift-erasures",
    kind=Kind.FACTS,
    description="Persons who gave, or were given for, and are to be forgotten. The gifts side reads it back first.",
    events=(GiftPersonErased,),
    producer=GIFTS,
    consumers=(*from_beginning(GIFTS), *from_now("notify")),
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

NEEDS_BREAK_GLASS, GIFTS_BREAK_GLASS, MATCHER_BREAK_GLASS = (break_glass(app) for app in (NEEDS, GIFTS, MATCHER))
NEEDS_REFUSALS = refusals(NEEDS, sealed=True)
GIFTS_REFUSALS = refusals(GIFTS, sealed=True)

TOPICS: tuple[Topic, ...] = (
    NEEDS_INTAKE,
    GIFTS_INTAKE,
    POLICIES,
    BILLERS,
    OPEN_NEEDS,
    OPEN_GIFTS,
    DECISIONS,
    NEED_BATCHES,
    GIFT_BATCHES,
    ORDERS,
    ORDER_LINES,
    REFUNDS,
    RETURNS,
    SETTLEMENTS,
    NEED_NOTICES,
    GIFT_NOTICES,
    NEED_ERASURES,
    GIFT_ERASURES,
    STATISTICS,
    RECORDS,
    NEEDS_REFUSALS,
    GIFTS_REFUSALS,
    NEEDS_BREAK_GLASS,
    GIFTS_BREAK_GLASS,
    MATCHER_BREAK_GLASS,
)
