"""How a platform is reached from outside: by whom on Kafka, and at which addresses."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass

from b40_chassis.reaching import Kafka
from b40_contracts.topic import Topic


@dataclass(frozen=True, slots=True)
class Ways:
    """Who comes to Kafka for what (``reader``: of a topic), an app's two addresses, and whom to trust there."""

    integrator: Kafka
    clock: Kafka
    biller: Kafka
    reader: Callable[[Topic], Kafka]
    public: Callable[[str], str]
    operations: Callable[[str], str]
    trusted: ssl.SSLContext | bool = True

    @classmethod
    def unasked(cls, bootstrap: str, public: Callable[[str], str], operations: Callable[[str], str]) -> "Ways":
        """Those of a platform that asks nobody who comes."""
        anybody = Kafka(bootstrap)
        return cls(anybody, anybody, anybody, lambda _: anybody, public, operations)
