"""Puts the given data sets into tables of records with their truth, which the maps describe.

Nothing is cleaned: columns are passed on as they are, a column of truth is added, and where a set
says which rows count, the others are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from warehouse.connection import Session, scratch

_COMPANY = "kind in ('company_kk', 'company_yk', 'company_gk')"
_HEADLINE = "label_trust <> 'low' and not homonym"


def _csv(path: Path) -> str:
    """SQL that reads every column as text."""
    return f"read_csv('{path}', all_varchar = true, header = true)"


def _keep(session: Session, query: str, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    session.execute(f"copy ({query}) to '{path}'")
    return path


def _febrl(session: Session, file: Path) -> str:
    """One of FEBRL's files with the entity that its key names; its headings have blanks."""
    names = [row["column_name"] for row in session.rows(f"describe from {_csv(file)}")]
    columns = ", ".join(f"""trim("{name}") as "{name.strip()}" """ for name in names)
    return f"""
        select {columns}, regexp_extract(rec_id, 'rec-(\\d+)', 1) as entity from {_csv(file)}
    """


def febrl3(session: Session, given: Path, to: Path) -> Path:
    return _keep(session, _febrl(session, given / "febrl" / "dataset3.csv"), to / "febrl3.csv")


def febrl4(session: Session, given: Path, to: Path) -> Path:
    files = {side: given / "febrl" / f"dataset4{side}.csv" for side in "ab"}
    parts = [
        f"select *, '{side}' as source from ({_febrl(session, file)})"
        for side, file in files.items()
    ]
    return _keep(session, " union all ".join(parts), to / "febrl4.csv")


def historical(session: Session, given: Path, to: Path) -> Path:
    file = given / "splink_data" / "historical_figures_with_errors_50k.parquet"
    return _keep(session, f"from '{file}'", to / "historical_50k.parquet")


def orgs_hard(session: Session, given: Path, to: Path) -> Path:
    """The truth names pairs of rows; an entity is what pairs connect."""
    folder = given / "orgs_hard"
    pairs = session.arrow(f"from read_csv('{folder / 'truth.csv'}')")
    count = session.value(f"select count(*) from {_csv(folder / 'records.csv')}")
    left, right = (pairs[name].to_numpy() for name in ("row_a", "row_b"))
    graph = coo_array(([True] * len(left), (left, right)), shape=(count, count))
    _, entities = connected_components(graph, directed=False)
    session.execute("create temp table entities (number int, entity int)")
    for number, entity in enumerate(entities.tolist()):
        session.execute("insert into entities values ($n, $e)", {"n": number, "e": entity})
    query = f"""
        select records.*, entity
        from (
            select *, row_number() over () - 1 as number from {_csv(folder / "records.csv")}
        ) as records join entities using (number)
        order by number
    """
    return _keep(session, query, to / "orgs_hard.csv")


def japanese_companies(session: Session, given: Path, to: Path) -> Path:
    query = f"""
        from {_csv(given / "jp_rs_recipients" / "records.csv")}
        where {_COMPANY} and {_HEADLINE}
    """
    return _keep(session, query, to / "jp_companies.csv")


def japanese_organisations(session: Session, given: Path, to: Path) -> Path:
    query = f"from {_csv(given / 'jp_rs_recipients' / 'records.csv')} where {_HEADLINE}"
    return _keep(session, query, to / "jp_organisations.csv")


_PREFECTURE = "regexp_extract(address, '^(東京都|北海道|(?:京都|大阪)府|.{2,3}県)', 1)"


def japanese_leads(session: Session, given: Path, to: Path) -> Path:
    """Companies as typed, with the prefecture of the number that they are known to be, and the
    register beside them; a number that the register lacks has no right answer.
    """
    folder = given / "jp_rs_recipients"
    register = f"""
        select *, nullif({_PREFECTURE}, '') as prefecture from {_csv(folder / "registry.csv.gz")}
    """
    _keep(session, register, to / "jp_register.csv")
    query = f"""
        select r.rid, r.name, g.prefecture, g.cn as account
        from {_csv(folder / "records.csv")} as r left join ({register}) as g using (cn)
        where {_COMPANY} and {_HEADLINE}
        order by rid
    """
    return _keep(session, query, to / "jp_leads.csv")


def contacts(session: Session, given: Path, to: Path) -> Path:
    folder = given / "b2b_synth"
    accounts = f"select * replace ('A' || id as id) from '{folder / 'accounts_truth.parquet'}'"
    _keep(session, accounts, to / "accounts.parquet")
    return _keep(session, f"from '{folder / 'contacts.parquet'}'", to / "contacts.parquet")


# What is made of which folder of the given data.
TABLES: dict[str, tuple[str, Callable[[Session, Path, Path], Path]]] = {
    "contacts": ("b2b_synth", contacts),
    "jp_companies": ("jp_rs_recipients", japanese_companies),
    "jp_organisations": ("jp_rs_recipients", japanese_organisations),
    "jp_leads": ("jp_rs_recipients", japanese_leads),
    "historical_50k": ("splink_data", historical),
    "febrl3": ("febrl", febrl3),
    "febrl4": ("febrl", febrl4),
    "orgs_hard": ("orgs_hard", orgs_hard),
}


def table(name: str, given: Path, to: Path) -> Path | None:
    """The table `name` as a file in `to`, made of the folder `given`; None where that is absent."""
    folder, make = TABLES[name]
    if not (given / folder).is_dir():
        return None
    with scratch() as session:
        return make(session, given, to)
