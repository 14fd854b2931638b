"""What the matcher is told of a need that may be met."""

from b40_chassis.work import Work
from b40_contracts.solidarity import Border, NeedOpened, SupportKind

from b40_solidarity import pseudonyms
from b40_solidarity.needs.store.needs import NewNeed, StoredNeed


def opened(need: NewNeed | StoredNeed, city: str, household: str, work: Work) -> NeedOpened:
    """A need, or its next part, of a household that its city knows by this pseudonym."""
    return NeedOpened(
        need=need.working,
        household=work.identity.new(pseudonyms.household(city, household), 0),
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
