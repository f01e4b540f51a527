"""The contracts of the dropped files: a row of each kind, in the canonical tables' terms."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from connectors.files.values import (
    Currency,
    Day,
    Instant,
    Month,
    Number,
    Quarter,
    Text,
    Word,
)


class Row(BaseModel):
    """A row; `keys` are the columns that identify it, `headings` other names of columns."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    keys: ClassVar[tuple[str, ...]]
    headings: ClassVar[dict[str, str]] = {}


class Quota(Row):
    """What an owner is to sell in a quarter; `owner_id` is the id or mail address in the CRM."""

    keys = ("owner_id", "period")
    headings: ClassVar[dict[str, str]] = {
        "担当者": "owner_id",
        "期間": "period",
        "四半期": "period",
        "通貨": "currency",
        "金額": "amount",
        "目標金額": "amount",
    }

    owner_id: Text
    period: Quarter
    currency: Currency
    amount: Number


class Forecast(Row):
    """What an owner committed for a quarter on a day."""

    keys = ("snapshot_date", "period", "owner_id")
    headings: ClassVar[dict[str, str]] = {
        **Quota.headings,
        "日付": "snapshot_date",
        "見込金額": "amount",
    }

    snapshot_date: Day
    period: Quarter
    owner_id: Text
    currency: Currency
    amount: Number


class FxRate(Row):
    """A rate from a day on; `plan` rates hold for a year's quotas and retention."""

    keys = ("rate_type", "from_currency", "to_currency", "rate_date")
    headings: ClassVar[dict[str, str]] = {
        "種別": "rate_type",
        "元通貨": "from_currency",
        "先通貨": "to_currency",
        "日付": "rate_date",
        "レート": "rate",
    }

    rate_type: Annotated[Literal["spot", "plan"], Word]
    from_currency: Currency
    to_currency: Currency
    rate_date: Day
    rate: Annotated[Number, Field(gt=0)]


class NpsResponse(Row):
    """An answer to the survey, by the respondent's mail address."""

    keys = ("response_id",)
    headings: ClassVar[dict[str, str]] = {
        "回答id": "response_id",
        "メールアドレス": "email",
        "スコア": "score",
        "回答日時": "responded_at",
        "コメント": "comment",
    }

    response_id: Text
    email: Text
    score: Annotated[Number, Field(ge=0, le=10, multiple_of=1)]
    responded_at: Instant
    comment: Text | None = None


class Plan(Row):
    """One figure of the plan: a measure in a month, for a channel or for all."""

    keys = ("period", "measure", "channel")
    headings: ClassVar[dict[str, str]] = {
        "年月": "period",
        "指標": "measure",
        "チャネル": "channel",
        "値": "value",
        "通貨": "currency",
    }

    period: Month
    measure: Annotated[Text, Word]
    channel: Text | None = None
    currency: Currency | None = None
    value: Number


class Target(Row):
    """A company that marketing and sales aim at together, by its domain."""

    keys = ("domain",)
    headings: ClassVar[dict[str, str]] = {
        "ドメイン": "domain",
        "企業名": "account_name",
        "会社名": "account_name",
        "ランク": "tier",
        "担当者": "owner_id",
    }

    domain: Annotated[Text, Word]
    account_name: Text | None = None
    tier: Text | None = None
    owner_id: Text | None = None


class Spend(Row):
    """A cost: tools, people, programmes, media, of a campaign where one is named."""

    keys = ("spend_id",)
    headings: ClassVar[dict[str, str]] = {
        "費用id": "spend_id",
        "日付": "spend_date",
        "部門": "department",
        "費目": "cost_type",
        "チャネル": "channel",
        "キャンペーンid": "campaign_id",
        "通貨": "currency",
        "金額": "amount",
    }

    spend_id: Text
    spend_date: Day
    department: Annotated[Literal["marketing", "sales", "customer_success"], Word]
    cost_type: Annotated[Literal["media", "program", "tools", "people"], Word]
    channel: Text | None = None
    campaign_id: Text | None = None
    currency: Currency
    amount: Number
