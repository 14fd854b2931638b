"""What stands in a digest."""

from collections.abc import Sequence
from datetime import date

from b40_notify.texts.text import Text, day


def digest(notices: Sequence[Text], of: date) -> Text:
    """The notices of a day in one text, in the order given."""
    assert notices, "a digest of nothing is not sent"
    count = "one notice" if len(notices) == 1 else f"{len(notices)} notices"
    return Text(
        line=f"B40 on {day(of)}: {count}",
        paragraphs=tuple(f"{notice.line}\n{' '.join(notice.paragraphs)}" for notice in notices),
    )
