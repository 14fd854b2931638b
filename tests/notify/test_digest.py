"""What stands in a digest."""

from datetime import date

from b40_notify.digest import digest
from b40_notify.texts.text import Text


def test_a_digest_holds_every_notice_in_the_order_given() -> None:
    """Breaks if a notice of the day is missing."""
    one = digest([Text("A joined", ("A is a member.",))], date(2022, 7, 1))
    two = digest([Text("A joined", ("A is a member.", "More.")), Text("B left", ("B is none.",))], date(2022, 7, 1))

    assert one.line == "B40 on 1 July 2022: one notice"
    assert two.line == "B40 on 1 July 2022: 2 notices"
    assert two.paragraphs == ("A joined\nA is a member. More.", "B left\nB is none.")
