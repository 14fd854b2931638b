"""How long needs wait: until their pool merges upward, until they are handed back to the city."""

from datetime import datetime, timedelta

from b40_contracts.solidarity import PolicyTerms

from b40_solidarity.hours import next_batch_hour


def has_waited_long(since: datetime, hour: datetime, terms: PolicyTerms) -> bool:
    """Whether who waits since then has seen as many batch hours as a pool waits before it merges."""
    for _ in range(terms.merge_after):
        since = next_batch_hour(since, terms.batch_hours, terms.batch_weekdays)
        if since > hour:
            return False
    return True


def longest_since(hour: datetime, terms: PolicyTerms) -> datetime:
    """Who waits since then or longer has waited as long as the policy allows."""
    return hour - timedelta(days=terms.longest_wait_days)
