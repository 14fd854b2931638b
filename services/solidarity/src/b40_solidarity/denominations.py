"""Which gifts are accepted: only amounts like coins, so that no gift can be told from another by its amount.

And of one payer no more than its policy allows.
"""

from b40_contracts.solidarity import GiftReported, PolicyTerms

from b40_solidarity.objections import Objection


def objection_to_gift(report: GiftReported, policy: PolicyTerms) -> Objection | None:
    """Why a gift is not acceptable under the policy that it falls under, or None."""
    if report.kind is not None and report.kind not in policy.kinds:
        return Objection("kind-not-offered", f"kind: the policy of {policy.scope} does not offer {report.kind}")
    rules = policy.rules(report.currency)
    if rules is None:
        return Objection("currency-not-offered", f"currency: {policy.scope} takes no gifts in {report.currency}")
    if report.amount_minor not in rules.denominations:
        allowed = ", ".join(str(amount) for amount in sorted(rules.denominations))
        return Objection("not-a-denomination", f"amount_minor: a gift in {report.currency} is one of {allowed}")
    return None


def objection_to_sum(report: GiftReported, sum_minor: int, policy: PolicyTerms) -> Objection | None:
    """Why a payer, who with this gift has given so much in the epoch of its token, may not give it, or None."""
    rules = policy.rules(report.currency)
    cap_minor = rules.payer_cap_minor if rules else None
    if cap_minor is None or sum_minor <= cap_minor:
        return None
    return Objection(
        "above-payer-cap",
        f"amount_minor: a payer gives at most {cap_minor} in an epoch; with this it were {sum_minor}",
    )
