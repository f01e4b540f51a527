"""What a failed check says: nobody should have to look for the reason elsewhere."""

from __future__ import annotations

from orchestration.evidence_views import told_why
from quality.verdict import Verdict


def test_a_verdict_says_what_holds_it_and_which_rules_withhold_how_many_rows() -> None:
    withheld = {"acc_1": ["too_much", "no_name"], "acc_2": ["too_much"]}
    assert told_why(Verdict("hold", ("there_are_accounts: 0",), withheld)) == (
        "there_are_accounts: 0; no_name withholds 1 row; too_much withholds 2 rows"
    )
    assert (
        told_why(Verdict("quarantine", (), {"acc_1": ["too_much"]})) == "too_much withholds 1 row"
    )
    assert told_why(Verdict("pass", (), {})) is None
