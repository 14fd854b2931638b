"""The ledger as a process: ``python -m tests.support.ledger [each]``, with settings from the environment."""

import sys

from b40_chassis.service import main

from tests.support.ledger.app import ledger

main(ledger(each="each" in sys.argv[1:]))
