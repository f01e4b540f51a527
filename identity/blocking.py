"""Which pairs of records are compared at all: those that agree on two things, or on a rare one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from identity.features import Filled
from warehouse.connection import Session

# What of a feature two records may agree on: its SQL over the features, the whole value first.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "identifier": ("identifier", "left(identifier, 4)"),
    "mailbox": ("mailbox", "split_part(mailbox, '@', 2)"),
    "phone": ("phone", "phone_end"),
    "site": ("site",),
    "birth": ("birth", "left(birth, 6)", "substr(birth, 5, 4)"),
    "family": ("family", "left(family, 4)"),
    "given": ("given", "left(given, 3)"),
    "token_key": ("token_key", "left(token_key, 5)"),
    "name": ("name", "left(name, 5)"),
    "street": ("street", "left(street, 8)"),
    "postcode": ("postcode", "area"),
    "company": ("company",),
    "city": ("city",),
    "occupation": ("occupation",),
}
# Which keys stand for one fact: agreeing on two of them is agreeing once.
_SAME_FACT = ({"given", "token_key"}, {"family", "token_key"}, {"name", "site"})


@dataclass(frozen=True)
class Limits:
    """`block`: records in one block; `pairs`: pairs of all blocks, per record.

    A larger block says too little about two of its records, and its pairs are left to narrower
    rules, which is told by nothing but the pairs that are missing.
    """

    block: int = 200
    pairs: int = 150


def rules(filled: Filled) -> Iterator[tuple[str, ...]]:
    """Combinations of keys that pairs are looked for by, the narrowest first."""
    features = [name for name in _KEYS if name in filled]
    for name in features:
        yield (_KEYS[name][0],)
    for one, other in combinations(features, 2):
        if {one, other} not in _SAME_FACT:
            for left in _KEYS[one]:
                for right in _KEYS[other]:
                    yield (left, right)


def candidate_pairs(
    session: Session,
    features: str,
    filled: Filled,
    into: str,
    limits: Limits | None = None,
) -> int:
    """Make the table `into`: left_number < right_number, each pair once; gives their count."""
    limits = limits or Limits()
    blocks = _blocks(session, features, filled, limits)
    session.execute(f"""
        create or replace table {into} as
        select distinct l.number as left_number, r.number as right_number
        from {blocks} as l join {blocks} as r
            on l.block = r.block and l.number < r.number
    """)
    session.execute(f"drop table {blocks}")
    return int(session.value(f"select count(*) from {into}"))


def _blocks(session: Session, features: str, filled: Filled, limits: Limits) -> str:
    """The table of block, number: the blocks of more than one record, of all rules."""
    table = f"{features}_blocks"
    session.execute(f"create or replace table {table} (block ubigint, number bigint)")
    left = limits.pairs * int(session.value(f"select count(*) from {features}"))
    for number, keys in enumerate(rules(filled)):
        every = " and ".join(f"{key} is not null" for key in keys)
        session.execute(f"""
            create or replace temp table blocked as
            select hash({number}, {", ".join(keys)}) as block, number,
                count(*) over (partition by block) as size
            from {features} where {every} qualify size between 2 and {limits.block}
        """)
        pairs = int(session.value("select coalesce(sum(size - 1) // 2, 0)::bigint from blocked"))
        if pairs <= left:
            left -= pairs
            session.execute(f"insert into {table} select block, number from blocked")
    session.execute("drop table if exists blocked")
    return table
