"""Tells how often each rule for names of companies is right, on names typed by many hands.

python -m benchmarks.identity.company_names ../shared/data/jp_rs_recipients

The confidences in `identity.names.company_links` and `identity.matching` are these shares, rounded
down. Each half of the corporations is measured on its own too: a rule that is right in one half
only was fitted, not found. The register holds one row for each corporation, so that any link
between two of its rows is wrong: the last table is how a rule does where nothing is to be found.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.report import Report
from identity.matching import match
from identity.names.company_links import link_names
from warehouse.connection import Session, scratch

_HEADLINE = "label_trust <> 'low' and not homonym::boolean"
_HALVES = {"all": "true", "half": "cn::bigint % 10 < 5", "other half": "cn::bigint % 10 >= 5"}


def main(folder: Path) -> None:
    with scratch() as session:
        for name, file in (("typed", "records.csv"), ("register", "registry.csv.gz")):
            session.execute(
                f"create table {name} as from read_csv('{folder / file}', all_varchar = true)"
            )
        for half, chosen in _HALVES.items():
            _links(session, half, chosen)
        _matches(session)
        _false_links(session)


def _links(session: Session, half: str, chosen: str) -> None:
    session.execute(f"""
        create or replace table records as
        select rid as record, name, cn from typed where {_HEADLINE} and {chosen}
    """)
    session.load("edges", link_names(session, "records"))
    _show(
        session,
        f"Links between names, {half}",
        """
        select rule, count(*) as n, count(*) filter (l.cn = r.cn) as hits
        from edges
        join records as l on l.record = left_record
        join records as r on r.record = right_record
        group by rule order by n desc
        """,
    )


def _matches(session: Session) -> None:
    nothing = "null as corporate_number, null::varchar[] as websites, null::varchar[] as emails"
    session.execute(f"""
        create or replace table companies as
        select cn as record, official_name as name, address as prefecture, {nothing} from register
    """)
    session.execute(f"""
        create or replace table records as
        select rid as record, typed.name, cn, prefecture, {nothing}
        from typed left join companies on companies.record = cn
        where {_HEADLINE}
    """)
    session.load("matched", match(session, "records", "companies"))
    _show(
        session,
        "Names matched to the register, with the prefecture of the truth",
        """
        select rule, count(*) as n, count(*) filter (reference = cn) as hits
        from matched join records using (record) group by rule order by n desc
        """,
    )


def _false_links(session: Session) -> None:
    session.execute("""
        create or replace table records as
        select cn as record, official_name as name from register
    """)
    session.load("edges", link_names(session, "records"))
    query = "select rule, count(*) as n, 0 as hits from edges group by rule order by n desc"
    _show(session, "Links between rows of the register, of which none is right", query)


def _show(session: Session, title: str, query: str) -> None:
    report = Report(title, ("rule", "pairs", "right", "share"))
    for row in session.rows(query):
        share = f"{row['hits'] / row['n']:.3f}"
        report.rows.append((row["rule"], f"{row['n']:,}", f"{row['hits']:,}", share))
    report.show()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
