"""However many people it knows and has told, notify does not read a table whole for the next notice."""

import pytest
from b40_contracts.solidarity import NeedNoticeRequested, NeedPersonErased, NoticeTemplate
from b40_notify.app import application

from tests.notify.given import ANA, BORIS, NIS, SKOPJE, admitted, dated, enter, state
from tests.support.indexes import avoid_reading_whole, read_whole
from tests.support.stage import Stage, moment

GROWING = {
    "public.notice",
    "public.digest",
    "public.recipient",
    "public.recipient_erased",
    "public.consent",
    "keys.recipient",
}


@pytest.mark.usefixtures("running")  # its settings are those of this stage too
async def test_what_grows_with_people_and_notices_is_not_read_whole(kafka: str, postgres: str) -> None:
    """Breaks if something is looked for without an index: all is well with few people, and slow with many."""
    async with Stage(kafka, postgres, application) as stage:
        await stage.tick("2022-06-20T06:00:00")
        await avoid_reading_whole(stage)
        await state(stage, SKOPJE, NIS)
        await enter(stage, ANA, city="MKSKP", about=["membership", "tours", "settlements"])
        await enter(stage, BORIS, immediate=False, digest=True)
        await stage.publish(admitted())
        await stage.publish(dated())
        sealed = NeedNoticeRequested(notice=ANA, city="MKSKP", person=ANA, template=NoticeTemplate.BILL_PAID)
        await stage.publish(sealed, time="2022-06-20T09:00:00")
        await stage.quiet()
        for now in ("2022-06-20T17:00:00", "2022-06-21T06:00:00"):
            await stage.tick(now)
            await stage.quiet()
        await stage.publish(NeedPersonErased(person=ANA, reported_at=moment("2022-06-21T07:00:00")))
        await stage.quiet()
        assert await read_whole(stage, {"notify": GROWING}) == set()
