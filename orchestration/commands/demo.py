"""`revops demo`: the main job, twice, with a summary worth reading."""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import click
from rich.markup import escape
from rich.rule import Rule

from orchestration.commands.pipeline import json_option
from orchestration.demo import (
    SEED,
    begin_anew,
    demo_folder,
    demo_tools,
    first_day,
    let_a_day_pass,
    second_day,
)
from orchestration.output import ERR, OUT, print_json
from orchestration.summary import Day
from orchestration.views import changes_table

_SHOWN = "hubspot_companies"


@click.command("demo")
@click.option("--seed", type=int, default=SEED, show_default=True, help="Another company.")
@json_option
def demo_command(seed: int, as_json: bool) -> None:
    """Run the main job twice, on emulated tools.

    First on everything a company has, then on one day's change.

    Invents a company, serves its HubSpot, Salesforce and Zendesk on loopback, extracts, unifies,
    judges, plans and pushes; lets a day pass, and does it again through Dagster's job. Nothing
    leaves this machine. Everything is kept in REVOPS_HOME, which must not hold anything else;
    `make ui` shows it.
    """
    folder, began = demo_folder(), time.monotonic()
    with ERR.status("inventing a company") as status:
        begin_anew(folder, seed=seed)
        with demo_tools(folder) as url:
            first = first_day(folder, status.update)
            if not as_json:
                _show("Day 1: everything is new", first)
            passed = let_a_day_pass(url)
            second = second_day(folder, status.update)
    if as_json:
        print_json({"days": [first.as_json(), second.as_json()], "passed": passed})
        return
    happened = ", ".join(f"{count} {what}" for what, count in passed.items())
    _show(f"Day 2: {happened} in the tools; run by Dagster's job", second)
    _where_next(time.monotonic() - began)


def _show(title: str, day: Day) -> None:
    OUT.print()
    OUT.print(Rule(f"[bold]{title}[/]", align="left"))
    _line("landed", _landed(day.extract))
    _line("unified", _unified(day))
    _line("measured", _measured(day.measured))
    _line("decided", _decided(day.decided))
    for gate in day.gates:
        # Of the lower tables, only what was found.
        if gate["stage"] == "activation" or gate["decision"] != "pass":
            _line("gated", _gated(gate))
    # One sync at length; of the others, what became of them.
    for sync in sorted(day.syncs, key=lambda one: one["plan"]["sync"] != _SHOWN):
        plan = sync["plan"]
        _line("planned", _planned(plan))
        if plan["sync"] == _SHOWN:
            OUT.print(changes_table(_preview(plan, 3), names=day.names))
            for text in dict.fromkeys(_withheld(one, day) for one in plan["withheld"]):
                _line("withheld", text)
        _line("pushed", _pushed(sync))


def _line(what: str, text: str) -> None:
    OUT.print(f"  [bold cyan]{what:<9}[/] {text}", soft_wrap=True)


def _landed(extract: Mapping[str, Any]) -> str:
    streams = extract["streams"]
    versions = sum(one["landed"]["versions"] for one in streams)
    echoes = sum(extract["echoes"].values())
    deleted = sum(one["landed"]["deletions"] for one in streams)
    rejected = sum(one["landed"]["rejects"] for one in streams)
    tools = len({one["vendor"] for one in streams})
    text = f"[bold]{versions - echoes:,}[/] record versions from {tools} tools"
    text += f" in {len(streams)} streams, {deleted} of them deletions, {rejected} rejected"
    if echoes:
        text += f"; {echoes} more were echoes of our own writes, and recognised"
    return text


def _unified(day: Day) -> str:
    unified = day.unified
    text = (
        f"{unified.company_records:,} company records are [bold]{unified.accounts:,} accounts[/],"
        f" {unified.person_records:,} contacts are [bold]{unified.people:,} people[/]"
    )
    return text + "".join(_quality(name, found) for name, found in unified.quality.items())


def _decided(decided: Mapping[str, Any]) -> str:
    """Whom the rule book calls ready, who is well, and what it says to do most often."""
    bands = ", ".join(f"{one['customers']} {one['band'] or 'unknown'}" for one in decided["bands"])
    text = (
        f"{decided['leads']:,} people scored, {decided['mqls']} of them MQLs by the rules; "
        f"health of customers: {bands or 'nobody is one'}"
    )
    told = ", ".join(f"{one['action']} ({one['subjects']})" for one in decided["actions"][:3])
    return f"{text}\n            next: {escape(told)}" if told else text


def _measured(measured: Mapping[str, Any]) -> str:
    """What every company asks first, and how much more there is."""
    headlines = measured["headlines"]
    told = [
        f"MRR {_money(headlines.get('mrr_closing'))}",
        f"{_value(headlines.get('customers_closing'))} customers",
        f"net revenue retention {_percent(headlines.get('nrr'))}",
        f"win rate {_percent(headlines.get('win_rate_count'))}",
        f"open pipeline {_money(headlines.get('pipeline_value'))}",
    ]
    return (
        f"{measured['records']:,} values of [bold]{measured['metrics']} metrics[/]\n"
        f"            {', '.join(told)}"
    )


def _value(row: Mapping[str, Any] | None) -> str:
    return "-" if row is None or row["value"] is None else f"{Decimal(row['value']):,}"


def _money(row: Mapping[str, Any] | None) -> str:
    return "-" if row is None or row["value"] is None else f"{_value(row)} {row['unit']}"


def _percent(row: Mapping[str, Any] | None) -> str:
    return "-" if row is None or row["value"] is None else f"{Decimal(row['value']):.1%}"


def _quality(name: str, found: Mapping[str, Any]) -> str:
    """Against the invented company's truth, and the best that its data allows."""
    if found["precision"] is None or found["recall"] is None:
        return ""
    text = (
        f"\n            {name} against the truth: precision {found['precision']:.3f},"
        f" recall {found['recall']:.3f}, F1 {found['f1']:.3f}"
    )
    if found["unresolvable"]:
        text += (
            f" (at best {found['best_f1']:.3f}: {found['unresolvable']} records have neither"
            " a name nor an address of their own)"
        )
    return text


def _gated(gate: Mapping[str, Any]) -> str:
    # A gate below speaks among the rules, too.
    own = [rule for rule in gate["rules"] if rule["result"]]
    failed = [rule for rule in gate["rules"] if rule["status"] != "passed"]
    said = "; ".join(f"{rule['rule']} fails for {rule['failed']}" for rule in failed)
    return (
        f"{gate['ruleset']}: [bold]{gate['decision']}[/] over {gate['rows']:,} rows,"
        f" {len(own)} rules" + (f" ({said})" if said else "")
    )


def _planned(plan: Mapping[str, Any]) -> str:
    counts = plan["counts"]
    fields = sum(len(change["fields"]) for change in plan["changes"])
    return (
        f"{plan['sync']}: [bold]{len(plan['changes']):,} records, {fields:,} fields[/];"
        f" {counts['unchanged']:,} unchanged, {counts['withheld']} withheld"
    )


def _preview(plan: Mapping[str, Any], most: int) -> dict[str, Any]:
    """A few records are enough to see what is sent."""
    return {**plan, "changes": plan["changes"][:most]}


def _withheld(one: Mapping[str, Any], day: Day) -> str:
    because = {rule["rule"]: rule["because"] for gate in day.gates for rule in gate["rules"]}
    reasons = "; ".join(f"{name}: {because.get(name, '')}" for name in one["details"])
    name = day.names.get(one["key"], one["key"])
    return f"[yellow]{escape(str(name))}[/]: {escape(reasons or one['reason'])}"


def _pushed(sync: Mapping[str, Any]) -> str:
    outcomes = sync["delivery"]["outcomes"]
    said = ", ".join(f"{count:,} {name}" for name, count in outcomes.items() if count)
    return f"[bold green]{said or 'nothing to do'}[/], each one in the ledger"


def _where_next(seconds: float) -> None:
    OUT.print()
    OUT.print(Rule(f"[bold]Where to look next[/]  (all this took {seconds:.0f} s)", align="left"))
    OUT.print(
        """  make ui                               lineage, gate and plan in Dagster
  .venv/bin/revops status               every stream, gate and sync
  .venv/bin/revops report               the figures as a page, with charts
  cd dbt_project && ../.venv/bin/dbt docs generate
                                        what every column means
  docs/tutorial.md                      the same step by step, then on your own tools""",
        markup=False,
    )
