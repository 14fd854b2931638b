"""Fairs, the plan for them and their deadlines on real Kafka and PostgreSQL."""

from datetime import date

from b40_contracts.events import (
    DeadlineApproaching,
    DeadlineLifted,
    DeadlineMeetingReported,
    DeadlineMet,
    DeadlineMissed,
    DeadlineReported,
    DeadlineSet,
    FairIntentDeclared,
    FairIntentReported,
    MilestoneReported,
    PlanConflictFound,
    PlanConflictResolved,
)

from tests.events.given import FAIR, REGISTRATION, WOMEX, days, tell
from tests.support.stage import Stage


def met(deadline: str) -> DeadlineMeetingReported:
    return DeadlineMeetingReported(deadline=f"{FAIR}-{deadline}")


async def test_the_plan_of_2022_has_one_conflict_which_goes_when_the_milestone_moves(stage: Stage) -> None:
    stand = MilestoneReported(fair=FAIR, milestone="stand", name="Stand", on=date(2022, 8, 1))
    await tell(stage, [WOMEX, stand, REGISTRATION], "2022-06-25")
    [conflict] = stage.said(PlanConflictFound)
    assert (conflict.milestone_on, conflict.deadline_on) == (date(2022, 9, 1), date(2022, 8, 26))
    assert (conflict.days_late, conflict.price_then) == (6, "Late Rate")
    await tell(stage, [REGISTRATION.model_copy(update={"on": date(2022, 8, 20)})], "2022-07-01")
    assert [(gone.milestone, gone.deadline) for gone in stage.said(PlanConflictResolved)] == [
        ("registration", "summer")
    ]


async def test_a_price_that_had_ended_is_not_missed_and_one_without_a_zone_ends_when_its_day_has_everywhere(
    stage: Stage,
) -> None:
    """Breaks if a day without a zone is taken for midnight UTC."""
    await tell(stage, [WOMEX], "2022-06-26")
    await days(stage, "2022-08-18T09:59:00")
    assert stage.said(DeadlineApproaching) == []
    await days(stage, "2022-08-18T10:00:00", "2022-08-27T11:59:00")
    assert [near.deadline for near in stage.said(DeadlineApproaching)] == ["womex-2022-summer"]
    assert stage.said(DeadlineMissed) == []
    await days(stage, "2022-08-27T12:00:00")
    assert [missed.deadline for missed in stage.said(DeadlineMissed)] == ["womex-2022-summer"]


async def test_registering_late_obtains_the_price_that_holds_then_and_lifts_later_ones(stage: Stage) -> None:
    await tell(stage, [WOMEX, REGISTRATION], "2022-06-26")
    await days(stage, "2022-08-28")
    await tell(stage, [met("registration")], "2022-09-01T10:00:00")
    assert {done.deadline for done in stage.said(DeadlineMet)} == {"womex-2022-registration", "womex-2022-late"}
    assert [lifted.deadline for lifted in stage.said(DeadlineLifted)] == ["womex-2022-sprint"]
    await days(stage, "2022-10-20")
    assert [missed.deadline for missed in stage.said(DeadlineMissed)] == ["womex-2022-summer"]


async def test_a_report_that_comes_late_but_was_made_in_time_still_counts(stage: Stage) -> None:
    """Judged by the event's own time: a network that was down does not make anyone late."""
    await tell(stage, [WOMEX], "2022-06-26")
    await days(stage, "2022-08-28")
    await tell(stage, [met("summer")], "2022-08-26T10:00:00")
    assert [done.deadline for done in stage.said(DeadlineMet)] == ["womex-2022-summer"]
    await tell(stage, [met("smart"), met("nothing"), met("late")], "2022-09-30")
    reasons = sorted(refused.reason for refused in stage.refusals())  # three keys: no order between them
    assert reasons == ["deadline-passed", "deadline-passed", "unknown-deadline"]


async def test_a_deadline_that_is_moved_is_open_again(stage: Stage) -> None:
    grant = DeadlineReported(deadline="grant", name="Grant", on=date(2022, 7, 1), timezone="Europe/Brussels")
    await tell(stage, [grant, grant], "2022-06-28")
    await days(stage, "2022-07-03")
    await tell(stage, [grant.model_copy(update={"on": date(2022, 7, 20)})], "2022-07-04")
    await days(stage, "2022-07-13", "2022-07-21")
    assert [each.on for each in stage.said(DeadlineSet)] == [date(2022, 7, 1), date(2022, 7, 20)]
    assert [each.on for each in stage.said(DeadlineApproaching)] == [date(2022, 7, 1), date(2022, 7, 20)]
    assert [each.on for each in stage.said(DeadlineMissed)] == [date(2022, 7, 1), date(2022, 7, 20)]


async def test_what_cities_intend_adds_up_and_the_last_word_of_each_holds(stage: Stage) -> None:
    athens = FairIntentReported(fair=FAIR, city="GRATH", persons=3, stand="cluster")
    tirana = FairIntentReported(fair=FAIR, city="ALTIA", persons=2, stand="own")
    again = athens.model_copy(update={"persons": 5})
    await tell(stage, [WOMEX, athens, tirana, again, again], "2022-07-26")
    sums = [(each.persons_of_all, each.cities_of_all) for each in stage.said(FairIntentDeclared)]
    assert sums == [(3, 1), (5, 2), (7, 2)]


async def test_a_milestone_of_an_unknown_fair_or_price_is_refused(stage: Stage) -> None:
    await tell(stage, [REGISTRATION], "2022-06-25")
    await tell(stage, [WOMEX, REGISTRATION.model_copy(update={"rate": "golden"})], "2022-06-26")
    await tell(stage, [REGISTRATION.model_copy(update={"milestone": "late"})], "2022-06-26")
    assert [refused.reason for refused in stage.refusals()] == ["unknown-fair", "unknown-rate", "name-taken"]
