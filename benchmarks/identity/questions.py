"""The questions that the given data can answer, each through the product's own command.

What a data set is made of, and where it comes from, its README tells; how its columns are meant,
the map of the same name beside this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.identity.data import table
from benchmarks.identity.figures import Asked
from identity.measure import Quality, matching_quality, quality
from orchestration.cli import cli
from warehouse.connection import Session, scratch

MAPS = Path(__file__).parent / "maps"


@dataclass(frozen=True)
class Places:
    """Where the given data lies, and where what is made of it is kept."""

    given: Path
    made: Path


Values = dict[str, float]


@dataclass(frozen=True)
class Question:
    """`answer` gives a value for each measure that is asked for."""

    name: str
    data: str
    folder: str
    asked: Mapping[str, Asked]
    answer: Callable[[Places], Values]


def resolved(name: str, places: Places, map_name: str | None = None) -> tuple[Path, Path]:
    """The table `name` and what `revops identity resolve` wrote about it."""
    source = table(name, places.given, places.made)
    if source is None:
        message = f"the data of {name} is not in {places.given}"
        raise FileNotFoundError(message)
    map_file, out = MAPS / f"{map_name or name}.yml", places.made / f"{name}.resolved.csv"
    arguments = ["--from", str(source), "--map", str(map_file), "--out", str(out)]
    cli.main(["identity", "resolve", *arguments], standalone_mode=False)
    return source, out


def _read(path: Path) -> str:
    if path.suffix == ".parquet":
        return f"read_parquet('{path}')"
    return f"read_csv('{path}', all_varchar = true, header = true)"


def _judged(session: Session, source: Path, out: Path, record: str, columns: str) -> str:
    """A table of the outcome beside the truth: what the command says of itself is not believed."""
    session.execute(f"""
        create or replace table judged as
        select o.*, {columns}
        from {_read(source)} as s join {_read(out)} as o on o.record = s.{record}::varchar
    """)
    lost = session.value(f"select (select count(*) from {_read(source)}) - count(*) from judged")
    if lost:
        message = f"{lost} records of {source.name} have no row, or two, in the outcome"
        raise ValueError(message)
    return "judged"


def _clusters(name: str, places: Places, record: str, truth: str) -> Quality:
    source, out = resolved(name, places)
    with scratch() as session:
        judged = _judged(session, source, out, record, f"s.{truth}::varchar as truth")
        return quality(session, judged)


def _f1_of(name: str, record: str, truth: str) -> Callable[[Places], Values]:
    def answer(places: Places) -> Values:
        return {"f1": _clusters(name, places, record, truth).f1}

    return answer


def _contacts(places: Places) -> Values:
    source, out = resolved("contacts", places)
    with scratch() as session:
        columns = "s.person_id as truth, s.account_id as account_truth"
        judged = _judged(session, source, out, "record_id", columns)
        people = quality(session, judged)
        leads = matching_quality(session, judged, found="reference", true="account_truth")
    return {
        "f1": people.f1,
        "bcubed": people.bcubed_f1,
        "precision": people.precision,
        "lead_f1": leads.f1,
        "lead_precision": leads.precision,
    }


def _historical(places: Places) -> Values:
    found = _clusters("historical_50k", places, "unique_id", "cluster")
    return {"f1": found.f1, "bcubed": found.bcubed_f1}


def _japanese_leads(places: Places) -> Values:
    values: Values = {}
    for asked, map_name in (("name", "jp_leads_by_name"), ("prefecture", "jp_leads")):
        source, out = resolved("jp_leads", places, map_name)
        with scratch() as session:
            judged = _judged(session, source, out, "rid", "s.account::varchar as account_truth")
            found = matching_quality(session, judged, found="reference", true="account_truth")
        values |= {f"{asked}_f1": found.f1, f"{asked}_precision": found.precision}
    return values


QUESTIONS = [
    Question(
        "contacts",
        "b2b_synth",
        "b2b_synth",
        {
            "f1": Asked("people: F1", 0.93, elsewhere=".873"),
            "bcubed": Asked("people: B-cubed", 0.945, elsewhere=".915"),
            "precision": Asked("people: precision", 0.985, elsewhere=".935"),
            "lead_f1": Asked("to account: F1", 0.975, elsewhere=".884"),
            "lead_precision": Asked("to account: precision", 0.985),
        },
        _contacts,
    ),
    Question(
        "jp_companies",
        "jp_rs, companies",
        "jp_rs_recipients",
        {"f1": Asked("names only: F1", 0.85, elsewhere=".783")},
        _f1_of("jp_companies", "rid", "cn"),
    ),
    Question(
        "jp_organisations",
        "jp_rs, all",
        "jp_rs_recipients",
        {"f1": Asked("names only: F1", 0.82, elsewhere=".782")},
        _f1_of("jp_organisations", "rid", "cn"),
    ),
    Question(
        "jp_leads",
        "jp_rs, register",
        "jp_rs_recipients",
        {
            "name_f1": Asked("by name: F1", 0.85, elsewhere=".823"),
            "name_precision": Asked("by name: precision", 0.99),
            "prefecture_f1": Asked("with prefecture: F1", 0.93, elsewhere=".903"),
            "prefecture_precision": Asked("with prefecture: precision", 0.99),
        },
        _japanese_leads,
    ),
    Question(
        "historical_50k",
        "historical_50k",
        "splink_data",
        {
            "f1": Asked("unsupervised: F1", 0.86, elsewhere=".839"),
            "bcubed": Asked("unsupervised: B-cubed", 0.885, elsewhere=".870"),
        },
        _historical,
    ),
    Question(
        "febrl3",
        "febrl3",
        "febrl",
        {"f1": Asked("F1", 0.999, elsewhere=".9994")},
        _f1_of("febrl3", "rec_id", "entity"),
    ),
    Question(
        "febrl4",
        "febrl4",
        "febrl",
        {"f1": Asked("F1", 0.9995, elsewhere=".9994")},
        _f1_of("febrl4", "rec_id", "entity"),
    ),
    Question(
        "orgs_hard",
        "orgs_hard",
        "orgs_hard",
        {"f1": Asked("F1", 0.995, elsewhere=".959")},
        _f1_of("orgs_hard", "record_id", "entity"),
    ),
]
