"""Places each record of a person in a company: by what it says, its mailbox, its phone."""

from __future__ import annotations

from identity.rules import guard
from identity.steps import Steps

# What each record itself says, strongest first.
_OWN_ACCOUNTS = """
with spoken as (
    select e.record, e.node, c.account, e.kind, c.is_known,
        case e.kind when 'number' then 1 when 'name' then 2 when 'site' then 3 else 5 end as rank
    from {work}.person_evidence as e
    join {work}.node_cluster as c using (node)
    where true {scope}
    union all
    select r.record, 'company:' || r.company_record, c.account, 'record', true, 0
    from {work}.person_record as r
    join {work}.node_cluster as c on c.node = 'company:' || r.company_record
    where true {scope}
)
select record, said.account as account, said.kind as rule, said.node as value
from (
    select record, min(struct_pack(
        is_unknown := not is_known, rank := rank, node := node, account := account, kind := kind
    )) as said
    from spoken
    group by record
)
"""

# A mailbox belongs to where the names, sites and numbers of its records mostly are: a subsidiary's
# people mail from the parent's domain.
_MAILBOX_ACCOUNTS = """
select mailbox, max_by(account, (records, account)) as account
from (
    select mailbox, account, count(*) as records
    from {work}.own_account join {work}.person_mailbox using (record)
    where rule != 'mail' and not is_placeholder {scope}
    group by all
)
group by mailbox
having max(records) >= {majority} * sum(records)
"""

# A main line: of several records, nearly all of one company.
_LINE_ACCOUNTS = """
select number, max_by(account, (records, account)) as account
from (
    select number, account, count(*) as records
    from {work}.own_account join {work}.person_phone using (record)
    where rule != 'mail' {scope}
    group by all
)
group by number
having max(records) >= {line_share} * sum(records) and max(records) >= 2
"""

_RECORD_ACCOUNTS = """
with own as (from {work}.own_account where true {scope}),
by_mailbox as (
    select p.record, min_by(m.account, p.mailbox) as account, min(p.mailbox) as value
    from {work}.person_mailbox as p
    join {work}.mailbox_account as m using (mailbox)
    where true {scope}
    group by p.record
),
by_line as (
    select p.record, min_by(l.account, p.number) as account, min(p.number) as value
    from {work}.person_phone as p
    join {work}.line_account as l using (number)
    where true {scope}
    group by p.record
)
select record, account, rule, value from own where rule != 'mail'
union all
select record, account, 'mailbox', value
from by_mailbox where record not in (select record from own where rule != 'mail')
union all
select record, account, 'mail', value
from own where rule = 'mail' and record not in (select record from by_mailbox)
union all
select record, account, 'phone', value
from by_line
where record not in (select record from own) and record not in (select record from by_mailbox)
"""


def place_records(steps: Steps) -> None:
    """Write `record_account`: record, account, rule, value; none for a record that says nothing.

    Touches `moved_person`, the records whose account changed.
    """
    shares: dict[str, object] = {
        "majority": guard("majority"),
        "line_share": guard("line_share"),
    }
    steps.touch("placing", "from touched_changed_person")
    steps.touch(
        "placing",
        "select record from {work}.person_evidence where node in (from touched_moved_node)",
    )
    steps.touch(
        "placing",
        """
        select record from {work}.person_record
        where 'company:' || company_record in (from touched_moved_node)
        """,
    )
    steps.derive("own_account", _OWN_ACCOUNTS, "record", "placing")
    for value, touched in (("mailbox", "mailbox"), ("number", "phone")):
        steps.touch(f"placing_{value}", f"from touched_{value}")
        steps.touch(
            f"placing_{value}",
            f"select {value} from {{work}}.person_{touched} where record in (from touched_placing)",
        )
    steps.touch("replacing", "from touched_placing")
    for table, query, value, kind in (
        ("mailbox_account", _MAILBOX_ACCOUNTS, "mailbox", "mailbox"),
        ("line_account", _LINE_ACCOUNTS, "number", "phone"),
    ):
        moved = {f"moved_{value}": value}
        steps.derive(table, query, value, f"placing_{value}", changed=moved, values=shares)
        steps.touch(
            "replacing",
            f"select record from {{work}}.person_{kind} "
            f"where {value} in (from touched_moved_{value})",
        )
    steps.derive(
        "record_account",
        _RECORD_ACCOUNTS,
        "record",
        "replacing",
        changed={"moved_person": "record"},
    )
