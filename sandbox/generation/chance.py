"""Chance that can be repeated, and whether people write plainly what they mean."""

from random import Random


class Chance(Random):
    """Repeatable chance of one part of the generation.

    Attributes:
        plain: nobody mistypes, abbreviates or enters anything twice.
    """

    def __init__(self, seed: str, *, plain: bool = False) -> None:
        super().__init__(seed)
        self.plain = plain
