"""What is to be mended at the source, record by record."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from orchestration.app import App
from orchestration.quality_report import check_measured
from quality.order import gates_in_order
from warehouse.connection import Row

WORK = """
    select finding_key.split(':')[1] as gate, rule, what_is_wrong, is_withheld, record_kind,
        record_id, record_name, tool, tool_record_id, link, suggested_value,
        coalesce(owner_name, rule_owner) as owner, since
    from marts.data_quality_worklist
    where list_contains($gates, finding_key.split(':')[1])
        and coalesce($owner in (owner_name, rule_owner, team), $owner is null)
    order by is_withheld desc, gate, rule, owner, record_id
"""


def worklist(app: App, gates: Sequence[str] = (), owner: str | None = None) -> list[Row]:
    """A row per record and rule, of these gates and those below them, or of all.

    Raises:
        Misconfigured: there is no such gate, or the models of data quality have not been built.
    """
    names = [one.ruleset for one in gates_in_order(gates)]
    with app.warehouse.open("quality worklist") as session:
        check_measured(session)
        return session.rows(WORK, {"gates": names, "owner": owner})


def worklist_view(work: Sequence[Row], shown: int) -> RenderableType:
    """The first records under the rule that they break; none is cut off at the line's end."""
    if not work:
        return Text("nothing is to be mended")
    parts: list[Text] = []
    last = None
    for one in work[:shown]:
        if last != (last := (one["gate"], one["rule"])):
            count = sum((other["gate"], other["rule"]) == last for other in work)
            does = "withheld" if one["is_withheld"] else "told of"
            parts.append(Text(f"{one['gate']}: {one['rule']}, {count:,} {does}", style="bold"))
            parts.append(Text(f"  {one['what_is_wrong']}"))
        place = " ".join(filter(None, (one["tool"], one["link"] or one["tool_record_id"])))
        name = one["record_name"] or one["record_id"]
        parts.append(Text(f"  {name}: {place or one['record_id']}"))
        if one["suggested_value"]:
            parts.append(Text(f"    probably meant: {one['suggested_value']}", style="green"))
        parts.append(Text(f"    {one['owner']}, since {one['since']:%Y-%m-%d}", style="dim"))
    if len(work) > shown:
        more = f"... and {len(work) - shown:,} more: `revops quality worklist --rows {len(work)}`"
        parts.append(Text(more))
    return Group(*parts)
