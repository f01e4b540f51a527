"""jp_houjin_history: whether every rename and merger ends in one account, with its date."""

from __future__ import annotations

from benchmarks.identity.figures import Asked
from benchmarks.identity.questions import Places, Question, Values
from identity import engine
from identity.corporate_history import resolve_corporate_numbers, write_aliases, write_redirects
from warehouse.connection import Session, scratch

# Every name of the sample with its number, as if a tool had each from another year.
_SAID = """
create table said as
select distinct number, name from (
    select cn as number, old_name as name from renames
    union all select cn, new_name from renames
    union all select cn, name from mergers
    union all select successor_cn, successor_name from mergers)
where name is not null
"""

_COMPANIES = """
create table companies as
select
    number || ' ' || name as record, 'register' as source, null::timestamptz as created_at,
    null::timestamptz as updated_at, false as is_deleted, []::varchar[] as links, name,
    null::varchar as reading, null::varchar as name_latin, r.resolved as corporate_number,
    []::varchar[] as websites, []::varchar[] as emails, []::varchar[] as phones,
    null::varchar as street, null::varchar as city, null::varchar as prefecture,
    null::varchar as postcode, null::varchar as country, null::varchar as industry,
    null::varchar as parent_record
from said join resolved as r on r.corporate_number = said.number
"""

# Pairs that must be one account, and the date that the relations tell about them.
_RENAMED = """
select count(*) from renames as r
left join found as one on one.record = r.cn || ' ' || r.old_name
left join found as other on other.record = r.cn || ' ' || r.new_name
left join aliases as old on old.corporate_number = r.cn and old.name = r.old_name
left join aliases as new
    on new.corporate_number = r.cn and new.name = r.new_name
    and new.valid_from <= r.renamed_on::date
where one.cluster is distinct from other.cluster or one.cluster is null
    or old.name is null or new.name is null
"""
_MERGED = """
select count(*) from mergers as m
left join found as one on one.record = m.cn || ' ' || m.name
left join found as other on other.record = m.successor_cn || ' ' || m.successor_name
left join redirects as r on r.corporate_number = m.cn
-- Two successors have no name in the sample, so nobody says anything of them.
where (m.successor_name is not null and one.cluster is distinct from other.cluster)
    or one.cluster is null or r.since is null
"""
_MIXED = """
select count(*) from (
    select cluster from found join companies using (record)
    group by cluster having count(distinct corporate_number) > 1)
"""


def _load(session: Session, places: Places) -> None:
    for name in ("renames", "mergers"):
        file = places.given / "jp_houjin_history" / f"{name}.csv.gz"
        session.execute(f"create table {name} as from read_csv('{file}', all_varchar = true)")


def _answer(places: Places) -> Values:
    with scratch(threads=2) as session:
        _load(session, places)
        write_aliases(session, "aliases", renames="renames")
        write_redirects(session, "redirects", mergers="mergers")
        session.execute(_SAID)
        asked = "(select number as corporate_number, null as day from said)"
        resolve_corporate_numbers(session, asked, "redirects", "resolved")
        session.execute(_COMPANIES)
        engine.resolve(session, people=None, companies="companies")
        session.execute("create view found as from identity_work.company_clusters")
        return {
            "renames": float(session.value(_RENAMED)),
            "mergers": float(session.value(_MERGED)),
            "mixed": float(session.value(_MIXED)),
        }


QUESTION = Question(
    "history",
    "jp_houjin_history",
    "jp_houjin_history",
    {
        "renames": Asked("renames not followed", 0, at_most=True),
        "mergers": Asked("mergers not followed", 0, at_most=True),
        "mixed": Asked("two living numbers in one", 0, at_most=True),
    },
    _answer,
)
