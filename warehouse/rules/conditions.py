"""The conditions that a decision rule may name: what each asks of which fact, and how it is told.

A fact is a column of `metrics.opportunity_signals` or `metrics.person_signals`. SQL knows facts and
operators and no condition, so one more condition on a fact is one more line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Subject = Literal["opportunity", "person"]
Operator = Literal["is", "is null", "in", ">", ">=", "<", "<="]
# How a value is told: whole days, minutes and counts, percent, two decimals, or the word itself.
Unit = Literal["whole", "money", "points", "word"]


@dataclass(frozen=True)
class Condition:
    """A question to one fact; `{value}` stands for what was found.

    A reason begins with the stage: a condition on it is told by nothing more, an empty text.
    `en_not` and `ja_not` tell of a condition that is asked with `false`, `en_unknown` and
    `ja_unknown` of one that holds where nobody knows the fact.
    """

    fact: str
    operator: Operator
    en: str
    ja: str
    en_not: str = ""
    ja_not: str = ""
    unit: Unit = "whole"
    en_unknown: str | None = None
    ja_unknown: str | None = None

    @property
    def takes(self) -> str:
        """What a rule gives it, in words."""
        if self.operator in {"is", "is null"}:
            return "true or false"
        return "a word or a list of words" if self.operator == "in" else "a number"


def _word(fact: str, en: str, ja: str) -> Condition:
    return Condition(fact, "in", f"{en} {{value}}", f"{ja}{{value}}", unit="word")


_DEAL_AND_PERSON = {
    "days_in_stage_gt": Condition(
        "days_in_stage", ">", "in this stage for {value} days", "このステージに{value}日滞留"
    ),
    "days_in_stage_lte": Condition(
        "days_in_stage", "<=", "in this stage for {value} days", "このステージに{value}日滞留"
    ),
    "days_since_engagement_gt": Condition(
        "days_since_engagement",
        *(">", "last engaged {value} days ago", "最後の接点から{value}日経過"),
        # Who never was in touch is so for longer than any number of days.
        en_unknown="never engaged",
        ja_unknown="接点なし",
    ),
    "days_since_engagement_lte": Condition(
        "days_since_engagement", "<=", "last engaged {value} days ago", "最後の接点から{value}日"
    ),
    "never_engaged": Condition(
        "days_since_engagement",
        *("is null", "never engaged", "接点なし", "has been engaged", "接点あり"),
    ),
    "segment": _word("segment", "segment", "セグメント: "),
    "is_target_account": Condition(
        "is_target_account",
        *("is", "a target account", "ターゲットアカウント"),
        *("no target account", "ターゲットアカウントではない"),
    ),
    "no_owner": Condition(
        "owner_id", "is null", "nobody owns it", "担当者なし", "has an owner", "担当者あり"
    ),
}

_OPPORTUNITY = _DEAL_AND_PERSON | {
    "amount_is_null": Condition(
        "local_amount", "is null", "no amount", "金額が未入力", "has an amount", "金額は入力済み"
    ),
    "amount_gte": Condition("amount", ">=", "worth {value}", "金額 {value}", unit="money"),
    "amount_lt": Condition("amount", "<", "worth {value}", "金額 {value}", unit="money"),
    "close_date_is_null": Condition(
        "days_until_close",
        "is null",
        "no close date",
        "完了予定日が未入力",
        "has a close date",
        "完了予定日あり",
    ),
    "close_date_overdue": Condition(
        "is_close_date_overdue",
        *("is", "its close date has passed", "完了予定日を経過"),
        *("its close date is ahead", "完了予定日は先"),
    ),
    "days_until_close_lte": Condition(
        "days_until_close", "<=", "closes in {value} days", "完了予定日まで{value}日"
    ),
    "stage": Condition("stage", "in", "", "", unit="word"),
    "stage_at_least": Condition("stage_number", ">=", "", ""),
    "stage_below": Condition("stage_number", "<", "", ""),
    "forecast_category": _word("forecast_category", "forecast", "フォーキャスト: "),
    "is_stalled": Condition(
        "is_stalled", "is", "stalled", "停滞中", "not stalled", "停滞していない"
    ),
    "next_step_is_null": Condition(
        "next_step",
        "is null",
        "no next step",
        "次のステップが未入力",
        "has a next step",
        "次のステップあり",
    ),
    "no_contact_role": Condition(
        "has_no_contact",
        *("is", "no contact named on it", "関係者が未登録", "has a contact", "関係者あり"),
    ),
    "probability_gte": Condition("probability_pct", ">=", "probability {value} %", "確度{value}%"),
    "probability_lt": Condition("probability_pct", "<", "probability {value} %", "確度{value}%"),
    "health_band": _word("health_band", "health", "ヘルス: "),
    "health_score_lt": Condition(
        "health_score", "<", "health score {value}", "ヘルススコア {value}", unit="points"
    ),
    "opportunity_type": _word("opportunity_type", "type", "種類: "),
}

_PERSON = _DEAL_AND_PERSON | {
    "current_stage": Condition("current_stage", "in", "", "", unit="word"),
    "was_mql": Condition(
        "was_mql", "is", "has been an MQL", "MQL 経験あり", "never an MQL", "MQL 未到達"
    ),
    "meets_mql_thresholds": Condition(
        "meets_mql_thresholds",
        *("is", "its score is that of an MQL", "スコアが MQL 基準に到達"),
        *("its score is below that of an MQL", "スコアが MQL 基準未満"),
    ),
    "lead_score_gte": Condition(
        "lead_score", ">=", "score {value}", "スコア {value}", unit="points"
    ),
    "lead_score_lt": Condition("lead_score", "<", "score {value}", "スコア {value}", unit="points"),
    "lead_grade": _word("lead_grade", "grade", "グレード: "),
    "awaits_response": Condition(
        "awaits_response",
        *("is", "nobody has answered yet", "未対応", "has been answered", "対応済み"),
    ),
    "response_sla_breached": Condition(
        "is_response_overdue",
        *("is", "nobody has answered, and the SLA has passed", "未対応のまま SLA 超過"),
        *("not waiting past the SLA for an answer", "対応は SLA 内"),
    ),
    "decision_sla_breached": Condition(
        "is_decision_overdue",
        *(
            "is",
            "neither accepted nor rejected, and the SLA has passed",
            "受入可否が未決のまま SLA 超過",
        ),
        *("not waiting past the SLA for a decision", "受入判断は SLA 内"),
    ),
    "information_is_complete": Condition(
        "missing_information",
        *("is null", "everything is known", "情報は揃っている"),
        *("missing: {value}", "不足項目: {value}"),
        unit="word",
    ),
    "email_is_null": Condition(
        "email", "is null", "no e-mail address", "メールなし", "has an e-mail address", "メールあり"
    ),
    "title_is_null": Condition(
        "title", "is null", "no title", "役職なし", "has a title", "役職あり"
    ),
    "no_account": Condition(
        "account_id",
        "is null",
        "no account",
        "企業と未紐付け",
        "has an account",
        "企業と紐付け済み",
    ),
    "in_open_opportunity": Condition(
        "is_in_open_opportunity",
        *("is", "named on an open opportunity", "進行中の商談あり"),
        *("on no open opportunity", "進行中の商談なし"),
    ),
    "is_customer": Condition(
        "is_buyer", "is", "has bought", "購入済み", "has not bought yet", "未購入"
    ),
    "lead_channel": _word("lead_channel", "came by", "流入チャネル: "),
    "seniority": _word("seniority", "seniority", "職位: "),
}

CONDITIONS: Mapping[Subject, Mapping[str, Condition]] = {
    "opportunity": _OPPORTUNITY,
    "person": _PERSON,
}
