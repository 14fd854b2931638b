"""One city's admission, from the document to the mail, by way of two services."""

from b40_contracts import registry

from tests.journeys.given import burgas, membership
from tests.journeys.traveller import Traveller, envelope

READER = "11111111-2222-4333-8444-555555555555"


async def test_an_admission_travels_from_intake_to_an_e_mail(traveller: Traveller) -> None:
    """Breaks if any of intake, inbox, state, outbox, relay, notice, worker or SMTP loses or alters what it is given."""
    about = {"address": "reader@b40.example", "about": ["membership"]}
    assert (await traveller.puts("notify", f"/recipients/{READER}", about)).status_code == 204

    await traveller.says(registry.INTAKE.name, burgas(), "profile-burgas", "2022-06-19T08:00")
    answer = await traveller.posts(
        "registry", envelope(membership("BGBOJ", "2022-06-20"), "m-burgas", "2022-06-19T09:00")
    )
    assert answer.status_code == 202
    assert traveller.mails_to("reader@b40.example") == [], "its day has not come"

    await traveller.day("2022-06-21")

    assert await traveller.fate("registry", "m-burgas") == ("applied", "")
    members = await traveller.asks("registry", "/members?on=2022-06-21")
    assert [member["city"] for member in members["members"]] == ["BGBOJ"]
    (mail,) = traveller.mails_to("reader@b40.example")
    assert "Burgas" in mail["Subject"]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
