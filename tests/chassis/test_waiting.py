"""What names a key that has not come waits, holds its own key, and goes on in log order; a day later it is refused."""

from b40_chassis.service import Service

from tests.chassis.library import BookReported, BookShelved, ShelfReported, Switches, library
from tests.support.stage import Stage


async def waiting(service: Service) -> int:
    return int((await service.status())["waiting"])


async def test_an_event_waits_for_its_shelf_and_later_ones_of_its_key_wait_behind_it(kafka: str, postgres: str) -> None:
    """Breaks if a later event of a waiting key overtakes, or if one of another key is held too."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="there"))
        await stage.quiet()
        await stage.publish(BookReported(book="b", shelf="late", title="first"))
        await stage.publish(BookReported(book="b", shelf="there", title="second"))
        await stage.publish(BookReported(book="other", shelf="there", title="free"))
        await stage.quiet()
        await stage.publish(BookReported(book="b", shelf="there", title="third"))
        await stage.quiet()
        assert [each.title for each in stage.said(BookShelved)] == ["free"]
        assert await waiting(stage.services["library"]) == 3

        await stage.publish(ShelfReported(shelf="late"))
        await stage.quiet()
        in_order = [each.title for each in stage.said(BookShelved) if each.book == "b"]
        assert in_order == ["first", "second", "third"]
        assert await waiting(stage.services["library"]) == 0


async def test_what_waited_a_day_in_vain_is_refused_and_lets_go_of_its_key(kafka: str, postgres: str) -> None:
    """Breaks if the wait ends early, never, or without telling the sender which key was unknown."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.tick("2022-06-20")
        await stage.publish(ShelfReported(shelf="there"))
        await stage.quiet()
        late = await stage.publish(BookReported(book="b", shelf="never", title="lost"))
        await stage.publish(BookReported(book="b", shelf="there", title="after"))
        await stage.quiet()
        await stage.tick("2022-06-20T23:59")
        await stage.quiet()
        assert stage.refusals() == []
        await stage.tick("2022-06-21")
        await stage.quiet()
        (refusal,) = stage.refusals()
        assert (refusal.id, refusal.reason) == (late, "unknown-key")
        assert "never" in refusal.detail
        assert [each.title for each in stage.said(BookShelved)] == ["after"]
        async with stage.http("library") as client:
            fate = (await client.get(f"/intake/{refusal.source}/{late}")).json()
            assert fate["state"] == "refused"


async def test_a_duplicate_of_what_waits_is_applied_once(kafka: str, postgres: str) -> None:
    """Breaks if a waiting event is still in the inbox (then it is never applied) or enters it twice."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        for _ in range(2):
            await stage.publish(BookReported(book="b", shelf="late", title="one"), id="same")
        await stage.quiet()
        await stage.publish(ShelfReported(shelf="late"))
        await stage.quiet()
        assert len(await stage.query("library", "SELECT * FROM book")) == 1


async def test_an_app_that_keeps_nothing_of_what_it_heard_gets_a_dead_letter_not_an_endless_loop(
    kafka: str, postgres: str
) -> None:
    """Breaks if the batch is run again for ever: the key has come, and still the handler does not find it."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        await stage.query("library", "DELETE FROM shelf")
        await stage.publish(BookReported(book="b", shelf="s", title="t"))
        await stage.quiet()
        (dead,) = await stage.query("library", "SELECT state, detail FROM b40.set_aside")
        assert dead["state"] == "failed"
        assert "keeps nothing of it" in dead["detail"]
