"""What the app does outside transactions: it makes trees."""

from uuid import UUID

from b40_chassis.tasks import Task, Tasks

tasks = Tasks(concurrency=1)


class PlantTree(Task):
    """Make the tree over this side's part of a record."""

    name = "plant tree"
    part: UUID
