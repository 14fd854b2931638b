"""The statistics as they were read back: what is published, and nothing finer."""

from b40_chassis.hears import Connection
from b40_contracts.solidarity import StatisticsPublished


async def publish(connection: Connection, statistics: StatisticsPublished) -> None:
    """Keep the figures of a week; what was published once is never changed."""
    await connection.execute(
        "INSERT INTO statistics (currency, week, content) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        statistics.currency,
        statistics.week,
        statistics.model_dump(mode="json"),
    )


async def published(connection: Connection) -> list[StatisticsPublished]:
    """All figures, by currency and week."""
    rows = await connection.fetch("SELECT content FROM statistics ORDER BY currency, week")
    return [StatisticsPublished.model_validate(row["content"]) for row in rows]
