"""What solidarity asks to tell, and who is told: what came sealed, only the person named, by opaque id."""

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.notify import Subject
from b40_contracts.solidarity import (
    GiftNoticeRequested,
    GreetingRequested,
    NeedNoticeRequested,
    StatisticsPublished,
)

from b40_notify.handlers.telling import tell_all, tell_sealed
from b40_notify.hears import hears
from b40_notify.texts import solidarity as texts


@hears.each(NeedNoticeRequested)
async def tell_who_asked(heard: Heard[NeedNoticeRequested], work: Work) -> None:
    """The person whose bill was paid is told so, in neutral words."""
    await tell_sealed(heard, work, Subject.SETTLEMENTS, texts.need_notice, heard.event.person)


@hears.each(GiftNoticeRequested)
async def tell_who_gave(heard: Heard[GiftNoticeRequested], work: Work) -> None:
    """The person whose gift was spent is told so, in neutral words."""
    await tell_sealed(heard, work, Subject.SETTLEMENTS, texts.gift_notice, heard.event.person)


@hears.each(GreetingRequested)
async def tell_who_is_honoured(heard: Heard[GreetingRequested], work: Work) -> None:
    """The person in whose name somebody gave is told so, and not who."""
    await tell_sealed(heard, work, Subject.SETTLEMENTS, texts.greeting, heard.event.person)


@hears.each(StatisticsPublished)
async def tell_public_figures(heard: Heard[StatisticsPublished], work: Work) -> None:
    """All are told."""
    await tell_all(heard, work, Subject.STATISTICS, texts.statistics_published)
