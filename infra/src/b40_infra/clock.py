"""The clock: says on its topic what time it is. Everything that is due hangs on these ticks.

``b40 clock`` and the platform on this machine tick by the wall clock; a season ticks its own days instead.
"""

import sys
import time
from datetime import UTC, datetime

from b40_chassis.clock import tick
from b40_contracts.platform import CLOCK

from b40_infra.errors import Trouble
from b40_infra.publisher import Publisher

TICK_SECONDS = 60


def run(bootstrap: str, prefix: str = "") -> None:
    """Tick at every full minute until the process ends. A tick that cannot be said is left out: the next says more."""
    publisher = Publisher(bootstrap, prefix)
    while True:
        now = datetime.now(UTC).replace(microsecond=0)
        try:
            publisher.publish(CLOCK, tick(now), where="tick")
            publisher.flush()
        except Trouble as trouble:
            sys.stderr.write(f"{now:%H:%M:%S} not said: {trouble}\n")
        time.sleep(TICK_SECONDS - time.time() % TICK_SECONDS)


if __name__ == "__main__":
    run(*sys.argv[1:])
