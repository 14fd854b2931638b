"""The mistakes that the tests must notice, each one that somebody could make in good faith."""

from tests.mutants.answering import ANSWERING
from tests.mutants.applying import APPLYING
from tests.mutants.attacking import ATTACKING
from tests.mutants.bounding import BOUNDING
from tests.mutants.erasing import ERASING
from tests.mutants.letting_in import LETTING_IN
from tests.mutants.matching import MATCHING
from tests.mutants.merging import MERGING
from tests.mutants.observing import OBSERVING
from tests.mutants.proving import PROVING
from tests.mutants.refunding import REFUNDING
from tests.mutants.repairing import REPAIRING
from tests.mutants.restoring import RESTORING
from tests.mutants.saying import SAYING
from tests.mutants.setting_aside import SETTING_ASIDE
from tests.mutants.sharing import SHARING
from tests.mutants.taking import TAKING
from tests.mutants.telling import TELLING
from tests.mutants.upgrading import UPGRADING

MISTAKES = [
    *TAKING,
    *APPLYING,
    *SETTING_ASIDE,
    *SAYING,
    *SHARING,
    *RESTORING,
    *UPGRADING,
    *REPAIRING,
    *LETTING_IN,
    *BOUNDING,
    *OBSERVING,
    *MATCHING,
    *MERGING,
    *PROVING,
    *REFUNDING,
    *ANSWERING,
    *TELLING,
    *ERASING,
    *ATTACKING,
]
