"""What is done outside transactions; importing this registers all of it."""

from b40_notify.workers import digests, notices

__all__ = ["digests", "notices"]
