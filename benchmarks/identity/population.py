"""Makes a population of business contacts whose truth is known: persons, employers, 5 tools.

The shape and the rates are those of `b2b_synth`; the traps arise as they do in reality, from how
people are named, hired, addressed and typed in. It knows nothing of how anybody resolves them.

    python -m benchmarks.identity.population --records 1000000 --seed 7 --to FOLDER
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.identity import renditions, staff
from benchmarks.identity.companies import american_line, companies, japanese_line
from benchmarks.identity.people import english_names, japanese_names, names_drawn
from warehouse.connection import scratch

SOURCES = ("crm", "ma", "support", "web", "billing")
_IN_SOURCE = (0.96, 0.91, 0.43, 0.615, 0.256)
_TWICE = 0.12
_RECORDS_PER_PERSON = 3.59
_PERSONS_PER_ACCOUNT = 6.0
_CHANGES_JOB = 0.055
# In companies of ten and more: bears the whole name of a colleague.
_NAMESAKES = 0.004
_BEGIN, _END = 1_672_531_200, 1_785_542_400


def _words(text: str) -> list[str]:
    return text.split()


# Draws of 0..1 per record. Whether something happens has a draw of its own each; only where a slip
# of the hand falls, and which of several words it is, share theirs.
_DRAWS = _words("""
u_form u_variant u_swap u_slip_last u_slip_first u_nick u_named u_gap u_kana u_kana_form u_mail
u_tag u_decor u_dots u_mail_slip u_phone u_phone_kind u_phone_form u_company u_company_form
u_branch u_company_slip u_web u_web_form u_cn u_city u_title u_title_word u_locale u_slip u_place
u_pick
""")
_PERSON_DRAWS = _words("""
p_mail p_free p_free_host p_digits p_phone p_latin p_middle p_domain p_alias
""")


@dataclass(frozen=True)
class Population:
    """Contacts in the columns of `b2b_synth`, the list of companies, and how each was written.

    `written` has a row per contact: record_id, person_id, account_id, and the kinds of name,
    mail, phone and company that it was given. It explains errors; nothing may resolve with it.
    """

    contacts: pa.Table
    accounts: pa.Table
    written: pa.Table


def populate(records: int, seed: int = 1, noise: float = 1.0) -> Population:
    """A population of exactly `records` contacts; the same arguments make the same one.

    `noise` multiplies the rate of everything that goes wrong: slips, foreign mailboxes,
    placeholders, changed forms.
    """
    rng = np.random.default_rng([seed, records])
    persons = int(records / _RECORDS_PER_PERSON * 1.02) + 25
    employers = companies(rng, max(4, round(persons / _PERSONS_PER_ACCOUNT)))
    with scratch(threads=2) as session:
        session.load("companies", employers)
        session.load("japanese", japanese_names())
        session.load("english", english_names())
        jobs = _jobs(rng, persons, employers)
        session.load("jobs", jobs)
        session.load("drawn", _records(rng, records, persons, jobs))
        staff.prepare(session)
        renditions.prepare(session, noise)
        return Population(
            contacts=session.arrow(renditions.CONTACTS),
            accounts=session.arrow(_ACCOUNTS),
            written=session.arrow(renditions.WRITTEN),
        )


_ACCOUNTS = """
select id, loc, name, off, kana, cn, pref, city, street, post, dom, dom2, maildom, phone
from companies order by id
"""


def _headcounts(rng: np.random.Generator, count: int, persons: int) -> np.ndarray:
    """How many persons each company employs: most a few, some hundreds; they sum to `persons`."""
    body = rng.lognormal(1.5, 0.7, count)
    large = 15 * (1 + rng.pareto(1.7, count))
    sizes = np.where(rng.random(count) < 0.045, large, body)
    sizes[rng.random(count) < 0.025] = 0
    cut = np.floor(np.cumsum(sizes) / sizes.sum() * persons)
    cut[-1] = persons
    return np.diff(np.concatenate([[0], cut])).astype(np.int64)


def _jobs(rng: np.random.Generator, persons: int, employers: pa.Table) -> pa.Table:
    """One row per person and job: the present jobs first, then the earlier ones of movers.

    Persons of one company follow each other, so that a colleague is a neighbour.
    """
    sizes = _headcounts(rng, employers.num_rows, persons)
    account = np.repeat(np.arange(employers.num_rows), sizes)
    first = np.concatenate([[0], np.cumsum(sizes)])[account]
    is_japanese = np.array([loc == "ja" for loc in employers["loc"].to_pylist()])[account]
    movers = np.flatnonzero(rng.random(persons) < _CHANGES_JOB)
    person = np.concatenate([np.arange(persons), movers])
    earlier = rng.choice(account, movers.size)
    present = np.arange(persons)
    drawn = names_drawn(rng, is_japanese)
    has_namesake = np.flatnonzero((sizes[account] >= 10) & (rng.random(persons) < _NAMESAKES))
    has_namesake = has_namesake[account[has_namesake] == account[has_namesake - 1]]
    for ids in drawn.values():
        ids[has_namesake] = ids[has_namesake - 1]
    return pa.table(
        {
            "job": np.arange(person.size),
            "person": person,
            "account": np.concatenate([account, earlier]),
            "is_earlier": np.arange(person.size) >= persons,
            "is_japanese": is_japanese[person],
            "first_job": np.concatenate([first, first[np.searchsorted(account, earlier)]]),
            "colleagues": np.concatenate([sizes[account], sizes[earlier]]),
            "moved_at": rng.integers(_BEGIN, _END, persons)[person],
            "own_phone": japanese_line(present * 2 + 1)[person],
            "own_phone_en": american_line(present * 2 + 1)[person],
            **{f"{name}_id": values[person] for name, values in drawn.items()},
            **{name: rng.random(persons, dtype=np.float32)[person] for name in _PERSON_DRAWS},
        }
    )


def _records(rng: np.random.Generator, count: int, persons: int, jobs: pa.Table) -> pa.Table:
    """Which person each record is of, in which tool, at which time and job, and its draws."""
    times = rng.random((persons, len(SOURCES))) < np.array(_IN_SOURCE)
    times[~times.any(axis=1), 0] = True
    copies = times * (1 + (rng.geometric(1 - _TWICE, times.shape) - 1))
    person = np.repeat(np.arange(persons), copies.sum(axis=1))[:count]
    source = np.repeat(np.tile(np.arange(len(SOURCES)), persons), copies.ravel())[:count]
    if person.size < count:
        message = f"{persons} persons give only {person.size} records"
        raise RuntimeError(message)
    updated_at = rng.integers(_BEGIN, _END, count)
    job_of_mover = np.full(persons, -1)
    earlier = jobs["is_earlier"].to_numpy()
    job_of_mover[jobs["person"].to_numpy()[earlier]] = jobs["job"].to_numpy()[earlier]
    was_before = (job_of_mover[person] >= 0) & (updated_at < jobs["moved_at"].to_numpy()[person])
    return pa.table(
        {
            "serial": np.arange(count),
            "place": rng.permutation(count),
            "job": np.where(was_before, job_of_mover[person], person),
            "source": pa.array(SOURCES).take(pa.array(source)),
            "updated_at": updated_at,
            **{name: rng.random(count, dtype=np.float32) for name in _DRAWS},
        }
    )


def write(population: Population, folder: Path) -> None:
    """Keep it as `folder`/contacts.parquet, accounts_truth.parquet and written.parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(population.contacts, folder / "contacts.parquet")
    pq.write_table(population.accounts, folder / "accounts_truth.parquet")
    pq.write_table(population.written, folder / "written.parquet")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--noise", type=float, default=1.0)
    parser.add_argument("--to", type=Path, required=True)
    options = parser.parse_args()
    write(populate(options.records, options.seed, options.noise), options.to)


if __name__ == "__main__":
    main()
