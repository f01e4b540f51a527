"""Links records of companies that have little but a name, by what two names have in common.

Every rule is one statement over the distinct names; what rules it out is told beside it.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from identity.names.company import company_name_keys
from warehouse.connection import Session

# How often a link by the rule is right where names are all that is known, measured on names typed
# by many hands (benchmarks/identity/company_names.py).
CONFIDENCE = {
    "same name": 0.98,
    "same name read out": 0.95,
    "legal form left out": 0.95,
    "prefecture left out": 0.98,
    "legal form misplaced": 0.85,
    "one glyph off": 0.9,
    "part of it": 0.95,
}

# Whoever shortens the form does not copy from a register, and may put it on the wrong side.
_SHORTENED = r"\((株|有|同|資|名)\)"
_COMPANY_FORMS = "('kk', 'yk', 'gk', 'goshi', 'gomei')"
# A name that is a place or an office of the state is whole only with its form: 京都府 is not
# 京都府公立大学法人.
_PLACE = "[都道府県市区町村省庁]$"
_KANA = "[ァ-ヺぁ-ゖ]"
# One of each pair becomes the other by two dots or a ring.
_UNVOICED, _VOICED = (
    "カキクケコサシスセソタチツテトハヒフヘホ",
    "ガギグゲゴザジズゼゾダヂヅデドバビブベボ",
)
_RINGED, _PLAIN = "パピプペポ", "ハヒフヘホ"
_WORK_PARTS = "(支店|支社|営業所|出張所|事業所|事業部|事業本部|本部|支部|工場|局|オフィス)$"
_BODY_PARTS = (
    "(病院|医院|クリニック|診療所|大学|短期大学部|大学校|学部|学校|研究所|研究院|研究部|センター|館|園|場|支部|支所|局|部|課|室|"
    "事務所|会長|支部長|農工研|口|繰入れ)$"
)


def link_names(session: Session, records: str) -> pa.Table:
    """Edges between the records of the relation `records` (record, name) that name one company.

    Returns:
        left_record, right_record, rule, value (what they have in common), confidence (0..1);
        the records of one company hang together, but not every pair of them has an edge.
    """
    _prepare(session, records)
    rules = (_SAME, _FORM_LEFT_OUT, _PREFECTURE_LEFT_OUT, _MISPLACED, _ONE_GLYPH, _PART)
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
    by_rule = pa.array([CONFIDENCE[rule] for rule in encoded.dictionary.to_pylist()], pa.float64())
    return edges.append_column("confidence", by_rule.take(encoded.indices))


# Names that cannot be told apart are one node; `record` stands for it.
_NODES = f"""
create or replace table company_link_node as
select
    spoken, form, form_position, seat,
    min(record) as record,
    min(skeleton) as skeleton,
    list(struct_pack(record := record, skeleton := skeleton)) as members,
    bool_and(regexp_matches(folded, '{_SHORTENED}')) as is_shortened,
    bool_and(several) as is_several,
    bool_or(regexp_matches(core, '{_PLACE}')) as is_place
from (select record::varchar as record, name from {{records}})
join company_link_name using (name)
where skeleton is not null
group by all
"""
# The name without its glyph number i, for finding those that differ in one glyph.
_GAPS = """
create or replace table company_link_gap as
select
    record, skeleton, form, form_position, seat, i,
    left(skeleton, i - 1) as head, substr(skeleton, i, 1) as glyph, substr(skeleton, i + 1) as tail
from company_link_node, unnest(range(1, length(skeleton) + 1)) as position(i)
where length(skeleton) >= 4 and not is_several
"""
_SAME = """
select
    node.record as left_record, member.record as right_record,
    if(node.skeleton = member.skeleton, 'same name', 'same name read out') as rule,
    member.skeleton as value
from company_link_node as node, unnest(members) as part(member)
where node.record != member.record
"""
# Two companies may differ in nothing but the form or its place: then a name without is neither.
_FORM_LEFT_OUT = """
select
    bare.record, min(whole.record), 'legal form left out', bare.skeleton
from company_link_node as bare
join company_link_node as whole using (spoken)
where bare.form = '' and whole.form != '' and not bare.is_place and not whole.is_several
group by bare.record, bare.skeleton
having count(*) = 1
"""
_PREFECTURE_LEFT_OUT = """
select
    bare.record, min(whole.record), 'prefecture left out', bare.skeleton
from company_link_node as bare
join company_link_node as whole using (spoken, form, form_position)
where bare.seat = '' and whole.seat != ''
group by bare.record, bare.skeleton
having count(*) = 1
"""
_MISPLACED = """
select
    misplaced.record, whole.record, 'legal form misplaced', whole.skeleton
from company_link_node as misplaced
join company_link_node as whole using (spoken, form)
where misplaced.form_position != whole.form_position and misplaced.is_shortened
    and length(whole.skeleton) >= 4
    and (not whole.is_shortened or misplaced.record < whole.record)
"""
_ONE_GLYPH = f"""
with replaced as (
    select one.record, other.record as other_record, one.skeleton, one.form, other.form as other_form,
        one.form_position, other.form_position as other_position, one.glyph, other.glyph as other_glyph
    from company_link_gap as one
    join company_link_gap as other on one.head = other.head and one.tail = other.tail and one.i = other.i
    where one.glyph < other.glyph and one.seat = other.seat
        and (
            length(one.skeleton) >= 4 and (
                translate(one.glyph, '{_UNVOICED}', '{_VOICED}') = other.glyph
                or translate(one.glyph, '{_PLAIN}', '{_RINGED}') = other.glyph
                or translate(one.glyph, '{_RINGED}', '{_VOICED[-5:]}') = other.glyph
                or translate(other.glyph, '{_RINGED}', '{_VOICED[-5:]}') = one.glyph
            )
            or length(one.skeleton) >= 8 and regexp_matches(one.glyph || other.glyph, '^{_KANA}+$')
        )
),
left_out as (
    select node.record, gap.record, node.skeleton, node.form, gap.form, node.form_position, gap.form_position,
        '' as glyph, gap.glyph
    from company_link_gap as gap
    join company_link_node as node on node.skeleton = gap.head || gap.tail
    where node.seat = gap.seat and (
        length(node.skeleton) >= 7 and regexp_matches(gap.glyph, '{_KANA}')
        or gap.glyph = right(gap.head, 1) and length(node.skeleton) >= 4
        or length(node.skeleton) >= 8 and regexp_matches(right(gap.head, 3) || gap.glyph || left(gap.tail, 3), '^[a-z]+$')
    )
),
pairs as (from replaced union all from left_out)
select distinct
    record, other_record, 'one glyph off', skeleton || ' ' || glyph || '/' || other_glyph
from pairs
where form = other_form and form_position = other_position
    or form = '' or other_form = ''
"""
_PART = f"""
with node as (from company_link_node where not is_several),
part as (
    select *, substr(skeleton, 1, i) as head, substr(skeleton, i + 1) as tail
    from node, unnest(range(2, length(skeleton))) as position(i)
)
select
    part.record, whole.record, 'part of it', part.tail
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
"""
