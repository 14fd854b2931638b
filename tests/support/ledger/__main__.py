"""The ledger as a process: ``python -m tests.support.ledger [each] [--run ROLES]``, settings from the environment."""

import sys

from b40_chassis.process import main

from tests.support.ledger.app import ledger

main(ledger(each="each" in sys.argv[1:]), [each for each in sys.argv[1:] if each != "each"])
