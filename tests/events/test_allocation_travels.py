"""The sharing of places on real Kafka and PostgreSQL: simulated, decided, granted."""

from b40_contracts.events import AllocationAdopted, AllocationAdoptionReported, AllocationSimulated, PlacesGranted

from tests.events.given import PLACES_TO_SHARE, SUMMIT, tell
from tests.support.stage import Stage


async def test_every_method_is_simulated_side_by_side_before_anyone_decides(stage: Stage) -> None:
    await tell(stage, [PLACES_TO_SHARE], "2022-07-01")
    [simulated] = stage.said(AllocationSimulated)
    assert (simulated.proportional["TRIST"], simulated.proportional["MEKOT"]) == (36, 0)
    assert set(simulated.equal.values()) == {4}
    assert simulated.degressive["TRIST"] == 19
    assert stage.said(AllocationAdopted) == []


async def test_the_first_adoption_holds_and_grants_every_city_its_places(stage: Stage) -> None:
    """INVARIANT: one decision per meeting. Breaks if it takes effect before it is read back, or a second one does."""
    equal = AllocationAdoptionReported(summit=SUMMIT, method="equal")
    other = AllocationAdoptionReported(summit=SUMMIT, method="proportional")
    await tell(stage, [PLACES_TO_SHARE, equal], "2022-07-15")
    [adopted] = stage.said(AllocationAdopted)
    assert (adopted.method, adopted.number, len(adopted.digest)) == ("equal", 1, 64)
    assert {granted.city: granted.places for granted in stage.said(PlacesGranted)} == adopted.result
    await tell(stage, [other, PLACES_TO_SHARE.model_copy(update={"places": 50})], "2022-07-16")
    assert [refused.reason for refused in stage.refusals()] == ["adopted", "adopted"]
    assert len(stage.said(PlacesGranted)) == 11


async def test_two_adoptions_at_once_are_one_decision(stage: Stage) -> None:
    await tell(stage, [PLACES_TO_SHARE], "2022-07-14")
    for method in ("degressive", "equal"):
        await stage.publish(
            AllocationAdoptionReported.model_validate({"summit": SUMMIT, "method": method}), time="2022-07-15"
        )
    await stage.quiet()
    assert {granted.city: granted.places for granted in stage.said(PlacesGranted)} == stage.said(AllocationAdopted)[
        0
    ].result
    assert len(stage.said(PlacesGranted)) == 11


async def test_an_adoption_for_an_unknown_meeting_is_refused(stage: Stage) -> None:
    await tell(stage, [AllocationAdoptionReported(summit=SUMMIT, method="equal")], "2022-07-15")
    assert [refused.reason for refused in stage.refusals()] == ["unknown-summit"]
