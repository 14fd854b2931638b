"""Texts about solidarity. What came sealed is told in words that say nothing to who looks over a shoulder.

A lock screen shows a mail's sender, subject line and first words: none of these, nor the rest,
names an amount, a bill, a giver, a household, a department or a city.
"""

from b40_contracts.solidarity import (
    GiftNoticeRequested,
    GreetingRequested,
    NeedNoticeRequested,
    NoticeTemplate,
    StatisticsPublished,
)

from b40_notify.texts.text import Reader, Text

NEUTRAL_LINE = "A message for you"
NEUTRAL_BEGINNING = "Hello, there is news for you. There is nothing that you have to do."

SENTENCES = {
    NoticeTemplate.BILL_PAID: "What you asked for has been taken care of.",
    NoticeTemplate.GIFT_SPENT: "What you gave has arrived. Thank you.",
}
IN_YOUR_NAME = "Somebody did good in your name."


def need_notice(event: NeedNoticeRequested, _reader: Reader) -> Text:
    """Somebody's need was met."""
    return _sealed(event.template)


def gift_notice(event: GiftNoticeRequested, _reader: Reader) -> Text:
    """Somebody's gift was spent."""
    return _sealed(event.template)


def greeting(_event: GreetingRequested, _reader: Reader) -> Text:
    """Somebody gave in the reader's name."""
    return _neutral(IN_YOUR_NAME)


def statistics_published(event: StatisticsPublished, _reader: Reader) -> Text:
    """The public figures of a week."""
    year, _, week = event.week.partition("-w")
    return Text(
        f"Solidarity in week {int(week)} of {year}",
        (
            f"At least {event.needs_settled} needs were settled in {event.currency}, by the record of week "
            f"{int(week)} of {year}.",
            "Figures are rounded down to fives, so that they tell nothing about anybody.",
        ),
    )


def _sealed(template: NoticeTemplate) -> Text:
    return _neutral(SENTENCES[template])


def _neutral(sentence: str) -> Text:
    return Text(NEUTRAL_LINE, (NEUTRAL_BEGINNING, sentence))
