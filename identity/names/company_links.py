"""Links records of companies that have little but a name, by what two names have in common.

Every rule is one statement over the distinct names; what rules it out is told beside it.
"""

from __future__ import annotations

import pyarrow as pa

from identity.names.company import company_name_keys
from warehouse.connection import Session

# How often a link by the rule is right where names are all that is known, measured on names typed
# by many hands (benchmarks/identity/company_names.py).
CONFIDENCE = {
    "same name": 0.98,
    "same name read out": 0.9,
    "legal form left out": 0.95,
    "prefecture left out": 0.98,
    "legal form misplaced": 0.85,
    "legal form succeeded": 0.95,
    "one glyph off": 0.9,
    "part of it": 0.95,
}

# Whoever shortens the form does not copy from a register, and may put it on the wrong side.
_SHORTENED = r"\((株|有|同|資|名)\)"
_COMPANY_FORMS = "('kk', 'yk', 'gk', 'goshi', 'gomei')"
_ASSOCIATIONS = (
    "('foundation', 'general_foundation', 'public_foundation', 'association', "
    "'general_association', 'public_association')"
)
# A name that is a place or an office of the state is whole only with its form: 京都府 is not
# 京都府公立大学法人.
_PLACE = "[都道府県市区町村省庁]$"
_KANA = "[ァ-ヺぁ-ゖ]"
# So many glyphs in a row, shared by no third name, tell a name; and only in a name so long is one
# glyph more often a slip than another company. The first glyph is the one that is least mistyped.
_TELLING, _LONG = 4, 9
# As skeletons have them: without long vowels and small kana.
_WORK_PARTS = "(支店|支社|営業所|出張所|事業所|事業部|事業本部|本部|支部|工場|推進局)$"
_BODY_PARTS = (
    "(病院|医院|クリニツク|診療所|大学|短期大学部|大学校|学部|学校|研究所|研究院|研究部|センタ|館|園|場|支部|支所|局|部|課|室|"
    "事務所|会長|支部長)$"
)


def link_names(session: Session, records: str) -> pa.Table:
    """Edges between the records of the relation `records` (record, name) that name one company.

    Returns:
        left_record, right_record, rule, value (what they have in common), confidence (0..1);
        the records of one company hang together, but not every pair of them has an edge.
    """
    _prepare(session, records)
    rules = (
        _SAME,
        _READ_OUT,
        _FORM_LEFT_OUT,
        _PREFECTURE_LEFT_OUT,
        _SUCCEEDED,
        _MISPLACED,
        _ONE_GLYPH,
        _PART,
    )
    edges = session.arrow(
        "with edge(left_record, right_record, rule, value) as ("
        + " union all ".join(f"from ({rule})" for rule in rules)
        + ") from edge order by all"
    )
    for table in ("company_link_name", "company_link_node", "company_link_gap"):
        session.execute(f"drop table {table}")
    return _with_confidence(edges)


def _prepare(session: Session, records: str) -> None:
    names = session.arrow(f"select distinct name from {records} where name is not null")
    keys = company_name_keys(names["name"])
    columns = {field.name: keys.field(index) for index, field in enumerate(keys.type)}
    session.load("company_link_name", pa.table({"name": names["name"], **columns}))
    session.execute(_NODES.format(records=records))
    session.execute(_GAPS)


def _with_confidence(edges: pa.Table) -> pa.Table:
    encoded = edges["rule"].combine_chunks().dictionary_encode()
    by_rule = pa.array(
        [CONFIDENCE[str(rule)] for rule in encoded.dictionary.to_pylist()], pa.float64()
    )
    return edges.append_column("confidence", by_rule.take(encoded.indices))


# Names that cannot be told apart are one node; `record` stands for it.
_NODES = f"""
create or replace table company_link_node as
select
    skeleton, spoken, form, form_position, seat,
    min(record) as record,
    list(record) as records,
    bool_and(regexp_matches(folded, '{_SHORTENED}')) as is_shortened,
    bool_and(several) as is_several,
    bool_or(regexp_matches(core, '{_PLACE}')) as is_place
from (select record::varchar as record, name from {{records}})
join company_link_name using (name)
where skeleton is not null
group by all
"""
# The name without its glyph number i, for finding those that differ in one glyph.
_GAPS = f"""
create or replace table company_link_gap as
select
    record, skeleton, form, form_position, seat, i,
    left(skeleton, i - 1) as head, substr(skeleton, i, 1) as glyph, substr(skeleton, i + 1) as tail
from company_link_node, unnest(range(1, length(skeleton) + 1)) as position(i)
where length(skeleton) >= {_LONG} and i > 1 and not is_several
"""
_SAME = """
select
    node.record as left_record, member.record as right_record,
    'same name' as rule, skeleton as value
from company_link_node as node, unnest(records) as member(record)
where node.record != member.record
"""
# Initials alone are a poor name: the firm オーシーエス is not the firm OCS, but NTTデータ is
# エヌ・ティ・ティ・データ.
_READ_OUT = """
select
    one.record, other.record, 'same name read out', one.skeleton || ' ' || other.skeleton
from company_link_node as one
join company_link_node as other using (spoken, form, form_position, seat)
where one.skeleton < other.skeleton
    and (
        left(one.skeleton, 3) = left(other.skeleton, 3)
        or right(one.skeleton, 3) = right(other.skeleton, 3)
    )
"""
# Two companies may differ in nothing but the form or its place: then a name without is neither.
_FORM_LEFT_OUT = """
select
    bare.record, min(whole.record), 'legal form left out', bare.skeleton
from company_link_node as bare
join company_link_node as whole using (skeleton)
where bare.form = '' and whole.form != '' and not bare.is_place and not whole.is_several
group by bare.record, bare.skeleton
having count(*) = 1
"""
_PREFECTURE_LEFT_OUT = """
select
    bare.record, min(whole.record), 'prefecture left out', bare.skeleton
from company_link_node as bare
join company_link_node as whole using (skeleton, form, form_position)
where bare.seat = '' and whole.seat != ''
group by bare.record, bare.skeleton
having count(*) = 1
"""
# Foundations and associations of old became general or public ones in 2008, and which of them one
# is gets mixed up; they rarely share a whole name.
_SUCCEEDED = f"""
select
    one.record, other.record, 'legal form succeeded', one.skeleton
from company_link_node as one
join company_link_node as other using (skeleton, form_position)
where one.form < other.form and one.form in {_ASSOCIATIONS} and other.form in {_ASSOCIATIONS}
    and length(one.skeleton) >= 4
"""
_MISPLACED = """
select
    misplaced.record, whole.record, 'legal form misplaced', whole.skeleton
from company_link_node as misplaced
join company_link_node as whole using (skeleton, form)
where misplaced.form_position != whole.form_position and misplaced.is_shortened
    and length(whole.skeleton) >= 4
    and (not whole.is_shortened or misplaced.record < whole.record)
"""
# A glyph that is wrong is one in a name that is told by the rest of it: of what stands before or
# behind, one side must be long and occur in these two names only. アートコーポレーション and
# アヤコーポレーション share but a word that many have.
_ONE_GLYPH = f"""
with replaced as (
    select one.*, other.record as other_record, other.form as other_form,
        other.form_position as other_position, other.glyph as other_glyph
    from company_link_gap as one
    join company_link_gap as other using (head, tail, seat)
    where one.glyph < other.glyph and regexp_matches(one.glyph || other.glyph, '^{_KANA}+$')
),
left_out as (
    select gap.*, node.record, node.form, node.form_position, '' as other_glyph
    from company_link_gap as gap
    join company_link_node as node on node.skeleton = gap.head || gap.tail and node.seat = gap.seat
    where regexp_matches(gap.glyph, '^{_KANA}$')
        or gap.glyph = right(gap.head, 1)
        or regexp_matches(right(gap.head, 2) || gap.glyph || left(gap.tail, 2), '^[a-z]{{5}}$')
),
pair as (
    from (from replaced union all from left_out)
    where form = other_form and form_position = other_position or form = '' or other_form = ''
),
side as (
    select record, head as side, false as is_tail from pair where length(head) >= {_TELLING}
    union select record, tail, true from pair where length(tail) >= {_TELLING}
),
shared as (
    select is_tail, side, count(distinct skeleton) as names
    from company_link_gap
    join (select distinct side, is_tail from side) on side = if(is_tail, tail, head)
    group by all
)
select distinct
    pair.record, pair.other_record, 'one glyph off', skeleton || ' ' || glyph || '/' || other_glyph
from pair
join shared on shared.side = if(shared.is_tail, pair.tail, pair.head)
where shared.names <= 2
"""
_PART = f"""
with node as (from company_link_node where not is_several),
part as (
    select *, substr(skeleton, 1, i) as head, substr(skeleton, i + 1) as tail
    from node, unnest(range(2, length(skeleton))) as position(i)
)
select
    part.record, max_by(whole.record, part.i), 'part of it', max_by(part.tail, part.i)
from part
join node as whole on whole.skeleton = part.head
where (
        whole.form in {_COMPANY_FORMS} and part.form = whole.form
        and part.form_position = whole.form_position and regexp_matches(part.tail, '{_WORK_PARTS}')
    ) or (
        whole.form not in {_COMPANY_FORMS} and (part.form = whole.form or part.form = '')
        and length(part.head) >= 3 and not whole.is_place
        and regexp_matches(part.tail, '{_BODY_PARTS}')
    )
group by part.record
"""
