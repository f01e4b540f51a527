"""Links records of people by rules: keys that two records of one person share and no others do.

Each rule gives records values; the records of one value are one person. Rules are held to a
precision of .995 on labelled data; what does not reach it belongs to the scored pairs.
"""

from __future__ import annotations

from identity.steps import Steps

_KEYS = """
select record, 'mailbox' as rule, mailbox || '|' || name_group as value
from {work}.mailbox_key where true {scope}
union all
select p.record, 'phone_and_name', p.number || '|' || r.token_key
from {work}.person_phone as p
join {work}.person_record as r using (record)
where r.token_key is not null {scope}
union all
select r.record, 'name_and_account', a.account || '|' || r.token_key
from {work}.person_record as r
join {work}.record_account as a using (record)
where r.is_full {scope}
union all
select r.record, 'reading_and_account', a.account || '|' || r.said
from {work}.person_record as r
join {work}.record_account as a using (record)
where r.is_full and r.said is not null {scope}
union all
select record, 'external_link', link from {work}.person_link where true {scope}
union all
select record, 'external_link', record
from {work}.person_record where record in (select link from {work}.person_link) {scope}
"""

# A star around the smallest record of each value: as good as all pairs, and linear.
_FOUND = """
with scoped as (from {work}.person_key where true {scope}),
shared as (
    select rule, value, min(record) as first
    from scoped group by rule, value having count(*) > 1
)
select s.rule, s.value, r.weight, f.first as left_record, s.record as right_record
from scoped as s
join shared as f on f.rule = s.rule and f.value = s.value
join {work}.rule as r on r.rule = s.rule
where s.record != f.first
"""


def link_by_rules(steps: Steps) -> None:
    """Write `person_key` and `person_found`: rule, value, weight, left_record, right_record.

    Touches `linked`, the records at the ends of edges that came or went.
    """
    for touched in ("changed_person", "moved_person", "keyed", "link"):
        steps.touch("rekeyed", f"from touched_{touched}")
    steps.derive("person_key", _KEYS, "record", "rekeyed", changed={"value": "value"})
    steps.derive(
        "person_found",
        _FOUND,
        "value",
        "value",
        changed={"linked": "unnest([left_record, right_record])"},
    )
