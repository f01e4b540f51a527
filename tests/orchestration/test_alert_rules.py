"""Which alerts fire, and what a channel is told of them: pure functions, against an oracle."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.alerting.decide import digest
from orchestration.alerting.evaluate import Firing, firing
from orchestration.alerting.facts import (
    AgeFact,
    Facts,
    GateFact,
    QuotaFact,
    RunFact,
    StreamFact,
    SyncFact,
)
from orchestration.alerting.message import message
from orchestration.alerting.schema import PUBLISHED, schema_text
from orchestration.alerting.spec import Alerts, read_alerts
from warehouse.alert_log import Told
from warehouse.errors import Misconfigured
from warehouse.settings import PROJECT_ROOT

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SHIPPED = PROJECT_ROOT / "orchestration" / "alerts.yaml"


def rules(**rule: Any) -> Alerts:
    said = {"rule": "r", "because": "somebody has to look", "to": ["c"]} | rule
    return Alerts.model_validate({"channels": [{"name": "c", "kind": "email"}], "rules": [said]})


def stream(**said: Any) -> StreamFact:
    usual: dict[str, Any] = {
        "name": "crm.deals",
        "verdict": "agrees",
        "detail": None,
        "lag_seconds": 60.0,
        "is_stale": False,
        "live": 1000,
        "rejected": 0,
        "usual": 1000.0,
    }
    return StreamFact(**(usual | said))


def sync(status: str = "succeeded", sent: int = 100, rejected: int = 0) -> SyncFact:
    return SyncFact("companies", "20_1/sync", status, None, sent, rejected)


def run(status: str = "succeeded", seconds: float | None = 60, usual: float | None = 50) -> RunFact:
    return RunFact("run everything", "20_1", status, "it broke", seconds, usual)


QUIET = Facts(
    NOW,
    streams=(stream(),),
    models=(AgeFact("marts.accounts", 60.0, is_stale=False),),
    ages=(AgeFact("companies", 60.0, is_stale=False),),
    gates=(GateFact("accounts", "quarantine", 3),),
    syncs=(sync(),),
    runs=(run(),),
    quotas=(QuotaFact("crm", 1000, 300),),
)

# Of each kind: the rule, facts that it is just not true of, and facts that it is just true of.
EDGES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], str]] = [
    ({"kind": "failed_run"}, {"runs": (run("held"),)}, {"runs": (run("failed"),)}, "run "),
    ({"kind": "failed_run"}, {"syncs": (sync("partial"),)}, {"syncs": (sync("interrupted"),)}, ""),
    (
        {"kind": "failed_run"},
        {"streams": (stream(verdict="uncounted"),)},
        {"streams": (stream(verdict="incomplete"),)},
        "stream crm.deals",
    ),
    ({"kind": "held_gate"}, {}, {"gates": (GateFact("accounts", "hold", 0),)}, "gate accounts"),
    ({"kind": "held_gate"}, {}, {"syncs": (sync("held"),)}, "sync companies"),
    (
        {"kind": "rejects_share", "above": 0.1},
        {"syncs": (sync(sent=100, rejected=10),)},
        {"syncs": (sync(sent=100, rejected=11),)},
        "sync companies",
    ),
    (
        {"kind": "rejects_share", "above": 0.0, "at_least": 5},
        {"streams": (stream(rejected=4),)},
        {"streams": (stream(rejected=5),)},
        "stream crm.deals",
    ),
    (
        {"kind": "stale"},
        {"models": (AgeFact("m", 1.0, is_stale=True),)},
        {"streams": (stream(is_stale=True),)},
        "stream crm.deals",
    ),
    (
        {"kind": "stale", "of": ["syncs"], "hours": 2},
        {"ages": (AgeFact("companies", 7200.0, is_stale=True),)},
        {"ages": (AgeFact("companies", 7201.0, is_stale=False),)},
        "sync companies",
    ),
    (
        {"kind": "quota_share", "above": 0.8},
        {"quotas": (QuotaFact("crm", 1000, 200),)},
        {"quotas": (QuotaFact("crm", 1000, 199),)},
        "tool crm",
    ),
    ({"kind": "reconciliation"}, {}, {"streams": (stream(verdict="missing"),)}, "stream crm.deals"),
    (
        {"kind": "count_deviation", "above": 0.2},
        {"streams": (stream(live=1200),)},
        {"streams": (stream(live=799),)},
        "stream crm.deals",
    ),
    (
        {"kind": "count_deviation", "above": 0.2, "at_least": 5000},
        {"streams": (stream(live=10),)},
        {"streams": (stream(live=5000),)},
        "stream crm.deals",
    ),
    (
        {"kind": "long_run", "times": 3},
        {"runs": (run("running", 150), run(seconds=999, usual=None))},
        {"runs": (run("running", 151),)},
        "run run everything",
    ),
    (
        {"kind": "long_run", "minutes": 2},
        {"runs": (run(seconds=120),)},
        {"runs": (run(seconds=121),)},
        "",
    ),
]


@pytest.mark.parametrize(("rule", "still", "over", "subject"), EDGES)
def test_a_rule_is_true_from_its_bound_on(
    rule: dict[str, Any], still: dict[str, Any], over: dict[str, Any], subject: str
) -> None:
    alerts = rules(**rule)
    assert firing(alerts, QUIET) == []
    assert firing(alerts, Facts(**{**QUIET.__dict__, **still})) == []
    (found,) = firing(alerts, Facts(**{**QUIET.__dict__, **over}))
    assert found.subject.startswith(subject)
    assert found.summary


@pytest.mark.parametrize(("rule", "still", "over", "subject"), EDGES)
def test_every_kind_is_told_once_and_its_end_once(
    rule: dict[str, Any], still: dict[str, Any], over: dict[str, Any], subject: str
) -> None:
    alerts, memory = rules(**rule), dict[tuple[str, str], Told]()
    said = []
    for hours, changed in enumerate((over, over, still, still, over)):
        now = NOW + timedelta(minutes=hours)
        found = firing(alerts, Facts(**{**QUIET.__dict__, **changed}))
        told = digest(
            *("c", found, memory.values()),
            repeat_after={"r": timedelta(hours=4)},
            quiet=[],
            now=now,
        )
        memory |= {(one.rule, one.subject): one for one in told.remembered(now)}
        for key in told.closed():
            del memory[key]
        said.append((len(told.new), len(told.resolved)))
        if told.resolved:
            text = message(told, {"r": "somebody has to look"}, now, "here").text
            assert f"[resolved]\n  - r, {subject}" in text
            assert "over, after 2 min" in text
    assert said == [(1, 0), (0, 0), (0, 1), (0, 0), (1, 0)]


def test_the_shipped_rules_are_quiet_where_all_is_well() -> None:
    shipped = read_alerts(SHIPPED)
    assert {one.kind for one in shipped.rules} == {rule["kind"] for rule, *_ in EDGES}
    assert firing(shipped, QUIET) == []


def test_the_published_schema_is_the_models() -> None:
    assert PUBLISHED.read_text("utf-8") == schema_text(), "run `make schema`"
    jsonschema.validate(yaml.safe_load(SHIPPED.read_text("utf-8")), json.loads(schema_text()))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    kind: failed_run", "    kind: failed_runs", "alerts.yaml:"),
        ("    repeat_after_hours: 12", "    repeat_after: 12", "repeat_after: Extra inputs"),
        ("    above: 0.8", "    above: 8", "above: Input should be less than 1"),
        ("to: [slack, email, webhook]", "to: [slak]", "there is no channel 'slak'"),
        ("rule: held_gate", "rule: failed_run", "the name 'failed_run' is used twice"),
        ("    times: 4\n    minutes: 360\n", "", "it needs minutes, or times"),
    ],
)
def test_a_wrong_document_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = tmp_path / "alerts.yaml"
    text = SHIPPED.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"alerts\.yaml:\d+: ") as refused:
        read_alerts(path)
    assert said in refused.value.message


# The state machine against an oracle that keeps of every alert what a channel's reader knows.

KEYS = [(rule, subject) for rule in ("loud", "quiet", "gone") for subject in "ab"]
REPEAT = {"loud": timedelta(hours=3), "quiet": timedelta(hours=5)}
STEPS = st.lists(
    st.tuples(
        st.sets(st.sampled_from(KEYS)),
        st.integers(1, 4),
        # whether the receiver takes the message, and whether we live to write that down
        st.sampled_from(["sent", "refused", "crashed"]),
    ),
    max_size=25,
)


class Reader:
    """Reads every message that arrives, and says what it ought to have been."""

    def __init__(self) -> None:
        self.heard_at: dict[tuple[str, str], datetime] = {}

    def expects(self, true: set[tuple[str, str]], now: datetime) -> set[tuple[str, str, str]]:
        said = set()
        for key in KEYS:
            rule, subject = key
            is_true = key in true and rule != "gone"
            heard = self.heard_at.get(key)
            if is_true and heard is None:
                said.add(("new", rule, subject))
            elif is_true and heard is not None and now >= heard + REPEAT[rule]:
                said.add(("still", rule, subject))
            elif not is_true and heard is not None and rule == "loud":
                said.add(("resolved", rule, subject))
        return said

    def takes(self, true: set[tuple[str, str]], now: datetime) -> None:
        for what, rule, subject in self.expects(true, now):
            if what == "resolved":
                del self.heard_at[rule, subject]
            else:
                self.heard_at[rule, subject] = now

    def lets_go(self, true: set[tuple[str, str]]) -> None:
        """Of a rule that tells no end, what is over is over."""
        for key in [key for key in self.heard_at if key[0] != "loud" and key not in true]:
            del self.heard_at[key]


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_a_channel_is_told_once_again_and_of_the_end(steps: Any) -> None:
    reader, now = Reader(), NOW
    memory: dict[tuple[str, str], Told] = {}
    for true, hours, what_becomes in steps:
        now += timedelta(hours=hours)
        found = [
            Firing(rule, subject, "error", "s") for rule, subject in sorted(true) if rule != "gone"
        ]
        told = digest("c", found, memory.values(), repeat_after=REPEAT, quiet=["quiet"], now=now)
        said = (
            {("new", one.rule, one.subject) for one in told.new}
            | {("still", one.rule, one.subject) for one, _ in told.still}
            | {("resolved", one.rule, one.subject) for one in told.resolved}
        )
        assert said == reader.expects(true, now)
        assert told.is_worth_sending == bool(said)
        listed = [
            (one.rule, one.subject)
            for one in (*told.new, *(one for one, _ in told.still), *told.known)
        ]
        assert sorted(listed) == sorted((one.rule, one.subject) for one in found)
        if what_becomes == "sent" or not said:
            for key in told.closed():
                del memory[key]
            memory |= {(one.rule, one.subject): one for one in told.remembered(now)}
            reader.takes(true, now)
            reader.lets_go(true)
        # Refused or crashed: nothing is remembered, and the next time says the same again.
        assert {key: one.told_at for key, one in memory.items()} == reader.heard_at


def test_a_message_groups_by_rule_and_cuts_what_is_too_long() -> None:
    new = tuple(
        Firing("stale", f"stream {n}", "warning", "last success 3 h ago") for n in range(40)
    )
    over = Told("c", "held", "gate accounts", "it holds", NOW - timedelta(hours=2), NOW, 1)
    told = digest(
        "c",
        new,
        [over],
        repeat_after={"stale": timedelta(1), "held": timedelta(1)},
        quiet=[],
        now=NOW,
    )
    said = message(told, {"stale": "look at the scheduler"}, NOW, "/srv/revops")
    assert said.subject == "revops: 40 new, 1 resolved"
    assert said.text.count("look at the scheduler") == 1
    assert "and 15 more" in said.text
    assert "held, gate accounts: over, after 2 h" in said.text
    assert len(said.document["new"]) == 40
