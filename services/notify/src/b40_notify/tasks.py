"""What notify does outside transactions: it sends mails."""

from uuid import UUID

from b40_chassis.tasks import Task, Tasks

tasks = Tasks(concurrency=8)


class SendNotice(Task):
    """Send a notice by e-mail."""

    name = "send notice"
    notice: UUID


class SendDigest(Task):
    """Send a digest by e-mail."""

    name = "send digest"
    digest: UUID
