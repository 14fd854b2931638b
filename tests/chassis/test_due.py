"""What time brings: in order of due time, once, and a failing item is passed over alone."""

from tests.chassis.library import LoanOverdue, LoanReported, Switches, library
from tests.support.stage import Stage, moment


async def test_due_items_are_handled_in_order_of_due_time_and_never_early(kafka: str, postgres: str) -> None:
    async with Stage(kafka, postgres, library(Switches())) as stage:
        for loan, due in (("b", "2022-06-22"), ("a", "2022-06-23"), ("c", "2022-06-21"), ("later", "2022-07-01")):
            await stage.publish(LoanReported(loan=loan, due=moment(due)))
        await stage.tick("2022-06-20")
        await stage.quiet()
        assert stage.said(LoanOverdue) == []
        await stage.tick("2022-06-25")
        await stage.tick("2022-06-26")
        await stage.quiet()
        assert sorted(each.loan for each in stage.said(LoanOverdue)) == ["a", "b", "c"]
        times = {heard.event.loan: heard.time for heard in stage.heard if isinstance(heard.event, LoanOverdue)}
        assert times == {"a": moment("2022-06-23"), "b": moment("2022-06-22"), "c": moment("2022-06-21")}


async def test_a_failing_due_item_is_passed_over_alone(kafka: str, postgres: str) -> None:
    """Breaks if one failing item stops time, or if one that its handler does not end is handled for ever."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        for loan in ("a", "crash", "stubborn", "z"):
            await stage.publish(LoanReported(loan=loan, due=moment("2022-06-21")))
        for day in ("2022-06-22", "2022-06-23"):
            await stage.tick(day)
        await stage.quiet()
        assert sorted(each.loan for each in stage.said(LoanOverdue)) == ["a", "z"]
        aside = await stage.query("library", "SELECT subject, detail FROM b40.due_set_aside ORDER BY subject")
        assert [row["subject"] for row in aside] == ["crash", "stubborn"]
        assert "still due" in aside[1]["detail"]
        assert (await stage.services["library"].status())["due_aside"] == 2


async def test_more_is_due_than_fits_into_one_transaction(kafka: str, postgres: str) -> None:
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.query(
            "library", "INSERT INTO loan SELECT 'l' || n, '2022-06-21' FROM generate_series(1, 1201) AS n"
        )
        await stage.tick("2022-06-22")
        await stage.quiet()
        assert len(stage.said(LoanOverdue)) == 1201
