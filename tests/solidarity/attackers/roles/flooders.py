"""Who has f gifts, or f needs, of its own in a batch, and takes them away from what it sees."""

from collections.abc import Callable, Sequence

from tests.solidarity.attackers.evidence import Evidence
from tests.solidarity.attackers.joins import Eyes, Sight
from tests.solidarity.attackers.roles.common import Role, carried, friends, neighbours, only, windows


def flooder_of_gifts(own: Sequence[frozenset[str]]) -> Role:
    """Each set of payers is one attacker's, who asks who paid the bills of the others' households."""
    return Role("flooder with f gifts", _look(own, neighbours, friends))


def flooder_of_needs(own: Sequence[frozenset[str]]) -> Role:
    """Each set of households is one attacker's, who asks whose bills others paid."""
    return Role("flooder with f needs", _look(own, friends, neighbours))


def _look(
    own: Sequence[frozenset[str]],
    targets: Callable[[Evidence], list[Sight]],
    others: Callable[[Evidence], list[Sight]],
) -> Callable[[Evidence], list[Eyes]]:
    def look(evidence: Evidence) -> list[Eyes]:
        asked, among = targets(evidence), others(evidence)
        sums, left = windows(evidence), carried(evidence)
        found = []
        for mine in own:
            pools = {sight.pool for sight in among if sight.who in mine}
            found.append(Eyes(only(asked, pools), only(among, pools), mine, sums, left))
        return found

    return look
