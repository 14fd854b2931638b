"""Pools: where needs and gifts wait, and how a small city's pool merges upward: city, country, network."""

from typing import NamedTuple

from b40_contracts.solidarity import NETWORK, Border

COUNTRY_LETTERS = 2
"""A city's code begins with its country (the registry refuses others)."""

SEPARATOR = "~"


class Pool(NamedTuple):
    """A pool of an area: a city, a country or the whole network. Pools never merge across kinds or currencies."""

    area: str
    kind: str
    currency: str

    @classmethod
    def named(cls, name: str) -> "Pool":
        """The pool with this name."""
        return cls(*name.split(SEPARATOR))

    @property
    def name(self) -> str:
        """Its name on the wire: ``TRIST~water-bill~TRY``."""
        return SEPARATOR.join(self)

    @property
    def level(self) -> Border:
        """How far giving goes within it."""
        if self.area == NETWORK:
            return Border.NETWORK
        return Border.COUNTRY if len(self.area) == COUNTRY_LETTERS else Border.CITY

    def above(self) -> "Pool | None":
        """The pool into which it merges, or None above the network."""
        if self.level is Border.NETWORK:
            return None
        area = self.area[:COUNTRY_LETTERS] if self.level is Border.CITY else NETWORK
        return self._replace(area=area)

    def all_above(self) -> list["Pool"]:
        """The pools into which it merges, the lowest first."""
        above = self.above()
        return [above, *above.all_above()] if above else []

    @property
    def borders(self) -> tuple[Border, ...]:
        """The borders of those that may be in it: their policies let giving go as far, or farther."""
        order = tuple(Border)
        return order[order.index(self.level) :]
