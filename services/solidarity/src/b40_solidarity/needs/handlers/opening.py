"""What the matcher is told of a need that may be met."""

from uuid import UUID

from b40_contracts.solidarity import Border, NeedOpened, SupportKind

from b40_solidarity.needs.store.needs import NewNeed, StoredNeed


def opened(need: NewNeed | StoredNeed, city: str, household: UUID) -> NeedOpened:
    """A need, or its next part, of a household, by its keyed hash."""
    return NeedOpened(
        need=need.working,
        household=household,
        city=city,
        kind=SupportKind(need.kind),
        currency=need.currency,
        amount_minor=need.amount_minor,
        since=need.since,
        k=need.k,
        f_payers=need.f_payers,
        f_households=need.f_households,
        border=Border(need.border),
        cut_off=need.cut_off,
        vouched=need.vouched,
        part=need.part,
    )
