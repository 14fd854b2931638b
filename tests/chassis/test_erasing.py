"""What was set aside about who is erased is closed as forgotten, and what waited behind it goes on."""

from uuid import UUID

from tests.chassis.vault import KeeperErased, SecretReported, vault
from tests.support.stage import Stage

KEEPER, OTHER = UUID("7b1e6f0a-52a9-4f0e-9d3c-0c2f8a4be111"), UUID("8c2f7a1b-63ba-4a1f-8e4d-1d309b5cf222")


async def test_what_was_set_aside_about_the_erased_is_forgotten(kafka: str, postgres: str) -> None:
    """Breaks if a dead letter outlives who it is about, if another's goes with it, or if what it held waits on."""
    kept: list[str] = []
    async with Stage(kafka, postgres, vault(kept)) as stage:
        for shelf, keeper in (("a", KEEPER), ("b", OTHER)):
            await stage.publish(SecretReported(shelf=shelf, keeper=keeper, secret="too much"))
            await stage.publish(SecretReported(shelf=shelf, keeper=OTHER, secret=f"behind {shelf}"))
        await stage.quiet()
        assert kept == []
        await stage.publish(KeeperErased(keeper=KEEPER))
        await stage.quiet()
        rows = await stage.query("library", "SELECT state, value, event_id, detail FROM b40.set_aside ORDER BY state")
        assert kept == ["behind a"]
    assert [row["state"] for row in rows] == ["behind", "failed", "forgotten"]
    assert (rows[2]["value"], rows[2]["event_id"], rows[2]["detail"]) == (None, None, "who it is about is erased")
    assert None not in (rows[0]["value"], rows[1]["value"])
