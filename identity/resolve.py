"""Resolves the records of one table, whatever they are: reads, links, clusters, matches, measures.

One way for all data: rules for business contacts where there is an address to reach somebody by,
scored pairs where there are enough other facts to learn from, names alone where there is nothing
else. A stage to whose fields nothing is mapped finds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from identity import engine
from identity.clustering import Clustering, Rules, cluster
from identity.contact_points import corporate_numbers
from identity.mapping import MapDocument, read_map
from identity.matching import match
from identity.measure import Matching, Quality, matching_quality, quality
from identity.names.company_links import link_names
from identity.records import TRUTHS, Refusal, read_records, read_reference
from identity.scoring import score
from identity.vocabulary import MANY, SINGLE
from warehouse.connection import Session, scratch
from warehouse.errors import Misconfigured

# Accepted from odds of 8 to 1, the same for all data; a component is split where two parts of it
# match with a probability of less than 0.3 on average.
ACCEPTED = 3.0
_TOGETHER = 0.3
# A source of which fewer records than this double another of it has each entity once.
_DOUBLES = 0.002
# A field that fewer of the records have says too little to choose a way by.
_USUAL = 0.5
_CONTACT = ("emails", "phones", "company", "websites", "corporate_number", "links")
_OF_CONTACTS = ("mailbox", "phone", "company")

_WORK = "identity_work"
_REFERENCE = "reference:"
_NO_EDGES = """
create or replace table found_edges (
    left_record varchar, right_record varchar, weight double, certain boolean
)
"""


@dataclass(frozen=True)
class Resolved:
    """`held` counts the pairs that were alike enough and are kept apart by a guard."""

    records: int
    clusters: int
    held: int
    refused: list[Refusal] = field(default_factory=list)
    quality: Quality | None = None
    account_quality: Quality | None = None
    reference_quality: Matching | None = None

    @property
    def exit_code(self) -> int:
        return 4 if self.refused else 0

    def as_json(self) -> dict[str, Any]:
        measured = {
            "quality": self.quality,
            "account_quality": self.account_quality,
            "reference_quality": self.reference_quality,
        }
        return {
            "records": self.records,
            "clusters": self.clusters,
            "held": self.held,
            "refused": [one.as_json() for one in self.refused],
            **{name: one.as_json() for name, one in measured.items() if one},
        }


def resolve_file(
    source: Path, map_file: Path, out: Path, say: Callable[[str], None] = lambda _: None
) -> Resolved:
    """Read, resolve, and write `out`: CSV, TSV or Parquet.

    Its columns are record, cluster (the smallest record of the entity) and confidence; account
    where people say something of their company; reference and reference_rule where the map names
    a list of known companies.

    Raises:
        Misconfigured: the map, or a file that it names, is wrong, or `out` is of no known kind.
    """
    mapped = read_map(map_file, beside=source.parent)
    kind = _kind(out)
    with scratch(on_disk=True) as session:
        say("reading")
        refused = read_records(session, source, mapped, "records")
        if mapped.reference:
            refused += read_reference(session, mapped.reference, "reference_records")
            # Records and known companies may have the same ids.
            session.execute(f"update reference_records set record = '{_REFERENCE}' || record")
        clustering = _link(session, mapped, say)
        session.load("members", clustering.members)
        say("matching")
        _match_to_reference(session, mapped)
        columns = _outcome(session, mapped)
        say("writing")
        place = str(out).replace("'", "''")
        session.execute(
            f"copy (select {columns} from resolved order by record) to '{place}' {kind}"
        )
        counted = "select count(*) from (select distinct cluster from resolved)"
        return Resolved(
            records=clustering.members.num_rows,
            clusters=int(session.value(counted)),
            held=clustering.held.num_rows,
            refused=refused,
            **_measured(session, mapped),
        )


def _kind(out: Path) -> str:
    kinds = {
        ".csv": "(header)",
        ".tsv": "(header, delimiter '\t')",
        ".parquet": "(format parquet)",
    }
    if out.suffix.lower() not in kinds:
        raise Misconfigured(
            f"{out.name} is of no known kind", advice=f"known are {', '.join(kinds)}"
        )
    return kinds[out.suffix.lower()]


def _link(session: Session, mapped: MapDocument, say: Callable[[str], None]) -> Clustering:
    """The stages one after the other, each adding edges, and the clusters of all of them."""
    filled = _filled(session, mapped)
    session.execute(_NO_EDGES)
    if mapped.entity == "person":
        once = _link_people(session, mapped, filled, say)
    else:
        once = _link_companies(session, filled, say)
    say("clustering")
    records = _guarded(session, mapped, once)
    edges = session.arrow("from found_edges")
    rules = Rules(
        link_from=ACCEPTED, exclusive=("number",), once=("sole_source",), together=_TOGETHER
    )
    return cluster(records, edges, rules=rules)


def _filled(session: Session, mapped: MapDocument) -> Mapping[str, float]:
    """Field -> the share of the records that have it, where some have."""
    names = [*SINGLE[mapped.entity], *MANY.values()]
    counted = ", ".join(f"count({name}) / count(*) as {name}" for name in names)
    (shares,) = session.rows(f"select {counted} from records")
    return {name: share for name, share in shares.items() if share}


def _has_contacts(filled: Mapping[str, float]) -> bool:
    return any(name in filled for name in _CONTACT)


def _link_people(
    session: Session,
    mapped: MapDocument,
    filled: Mapping[str, float],
    say: Callable[[str], None],
) -> list[str]:
    contacts = _has_contacts(filled)
    if contacts:
        say("linking by rules")
        known = "reference_records" if mapped.reference else None
        engine.resolve(
            session, people="records", companies=known, work=_WORK, referenced=bool(known)
        )
        _keep_rules(session, "person")
    say("scoring")
    score(session, "records", "person", into="scored", without=_OF_CONTACTS if contacts else ())
    return _keep_scores(session, sole=not contacts)


def _link_companies(
    session: Session, filled: Mapping[str, float], say: Callable[[str], None]
) -> list[str]:
    if max(filled.get("street", 0), filled.get("postcode", 0)) >= _USUAL:
        say("scoring")
        score(session, "records", "company", into="scored")
        return _keep_scores(session, sole=True)
    if _has_contacts(filled):
        say("linking by rules")
        engine.resolve(session, people=None, companies="records", work=_WORK)
        _keep_rules(session, "company")
        return []
    say("linking by name")
    session.load("linked", link_names(session, "records"))
    session.execute("""
        insert into found_edges
        select left_record, right_record, log2(confidence / (1 - confidence)), true from linked
    """)
    return []


def _keep_rules(session: Session, entity: str) -> None:
    session.execute(f"""
        insert into found_edges
        select left_record, right_record, weight, true
        from {_WORK}.edges where entity = '{entity}' and accepted
    """)


def _keep_scores(session: Session, *, sole: bool) -> list[str]:
    """Add the scored pairs; gives the sources that have each entity once, where `sole` is asked."""
    session.execute("""
        insert into found_edges select left_record, right_record, weight, false from scored
    """)
    if not sole:
        return []
    rows = session.rows(f"""
        with doubled as (
            select a.source, count(*) as n
            from scored
            join records as a on a.record = left_record
            join records as b on b.record = right_record and b.source = a.source
            where weight >= {ACCEPTED}
            group by a.source
        )
        select source from (select source, count(*) as records from records group by source)
        left join doubled using (source)
        where source is not null and coalesce(n, 0) < {_DOUBLES} * records
        order by source
    """)
    return [row["source"] for row in rows]


def _guarded(session: Session, mapped: MapDocument, once: list[str]) -> Any:
    """The records with what keeps them apart: 法人番号, and a source that has no doubles.

    A person's record tells the number of the company, which many persons share.
    """
    records = session.arrow("select record, source, corporate_number from records order by record")
    none = pa.nulls(records.num_rows, pa.string())
    numbers = corporate_numbers(records["corporate_number"])
    sole = [source if source in once else None for source in records["source"].to_pylist()]
    return pa.table(
        {
            "record": records["record"],
            "number": numbers if mapped.entity == "company" else none,
            "sole_source": pa.array(sole, pa.string()) if once else none,
        }
    )


def _match_to_reference(session: Session, mapped: MapDocument) -> None:
    """Make `matched`: record, reference, reference_rule.

    What the records of one person say together places all of them, where one of them alone is
    matched to no company of the list.
    """
    if mapped.reference is None:
        session.execute("create table matched (record varchar, reference varchar, rule varchar)")
        return
    name = "company" if mapped.entity == "person" else "name"
    session.execute(f"""
        create or replace table asked as
        select record, {name} as name, corporate_number, prefecture, websites, emails from records
    """)
    session.load("matched", match(session, "asked", "reference_records"))
    if mapped.entity == "person":
        session.execute(f"""
            insert into matched by name
            select record, cluster as reference, rule, value, confidence
            from {_WORK}.person_accounts
            where cluster in (select record from reference_records)
                and record not in (select record from matched)
        """)


def _outcome(session: Session, mapped: MapDocument) -> str:
    """Make `resolved` of the members, their accounts and references; gives the columns to write."""
    columns = ["record", "cluster", "confidence"]
    placed = "(select null::varchar as record, null::varchar as cluster)"
    if mapped.entity == "person" and _has_contacts(_filled(session, mapped)):
        placed = f"{_WORK}.person_accounts"
        columns.append("account")
    if mapped.reference:
        columns += ["reference", "reference_rule"]
    session.execute(f"""
        create or replace table resolved as
        select members.*, placed.cluster as account,
            substr(matched.reference, {len(_REFERENCE) + 1}) as reference,
            matched.rule as reference_rule, {", ".join(f"records.{x}" for x in TRUTHS)}
        from members
        join records using (record)
        left join {placed} as placed using (record)
        left join matched using (record)
    """)
    return ", ".join(columns)


def _measured(session: Session, mapped: MapDocument) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if mapped.truth:
        found["quality"] = quality(session, "resolved")
    if mapped.account_truth:
        session.execute("""
            create or replace view placed as
            select coalesce(account, 'alone: ' || record) as account, account_truth from resolved
        """)
        found["account_quality"] = quality(session, "placed", found="account", true="account_truth")
    if mapped.reference_truth:
        found["reference_quality"] = matching_quality(
            session, "resolved", found="reference", true="reference_truth"
        )
    return found
