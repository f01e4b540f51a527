"""The accounts document as tables of the schema `policy`, for dbt's Python models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from warehouse.rules import book
from warehouse.rules.accounts import Accounts
from warehouse.rules.scoring_tables import ATTRIBUTE_RULES, attribute_rows
from warehouse.rules.tables import POINTS, table

_SETTINGS: Mapping[str, pa.DataType] = {
    "setting": pa.string(),
    "fit_cap": POINTS,
    "intent_cap": POINTS,
    "engaged_days": pa.int32(),
    "wanted_roles": pa.int32(),
}
_GRADES: Mapping[str, pa.DataType] = {
    "axis_grade": pa.string(),
    "axis": pa.string(),
    "floor": POINTS,
    "grade": pa.string(),
}
_TIERS: Mapping[str, pa.DataType] = {
    "grades": pa.string(),
    "fit_grade": pa.string(),
    "intent_grade": pa.string(),
    "tier": pa.string(),
}
_ROLES: Mapping[str, pa.DataType] = {
    "role": pa.string(),
    "position": pa.int32(),
    "departments": pa.list_(pa.string()),
    "seniorities": pa.list_(pa.string()),
}


def account_settings() -> pa.Table:
    """One row; none without a document: then no account is scored."""
    accounts = book.read(Accounts)
    return table([settings_row(accounts)] if accounts else [], _SETTINGS)


def account_fit_rules() -> pa.Table:
    """One row per rule, in the document's order."""
    accounts = book.read(Accounts)
    return table(attribute_rows(accounts.fit.rules) if accounts else [], ATTRIBUTE_RULES)


def account_grades() -> pa.Table:
    """One row per axis and floor."""
    accounts = book.read(Accounts)
    return table(grade_rows(accounts) if accounts else [], _GRADES)


def account_tiers() -> pa.Table:
    """One row per grade of fit and grade of intent."""
    accounts = book.read(Accounts)
    return table(tier_rows(accounts) if accounts else [], _TIERS)


def buying_group_roles() -> pa.Table:
    """One row per role, departments in lower case; a list that is null asks for nothing."""
    accounts = book.read(Accounts)
    return table(role_rows(accounts) if accounts else [], _ROLES)


def settings_row(accounts: Accounts) -> dict[str, Any]:
    """The choices that have one value, as one row."""
    return {
        "setting": "accounts",
        "fit_cap": accounts.fit.cap,
        "intent_cap": accounts.intent.cap,
        "engaged_days": accounts.buying_group.engaged_days,
        "wanted_roles": len(accounts.buying_group.roles),
    }


def grade_rows(accounts: Accounts) -> list[dict[str, Any]]:
    return [
        {"axis_grade": f"{axis}:{grade}", "axis": axis, "floor": floor, "grade": grade}
        for axis, grades in (("fit", accounts.fit.grades), ("intent", accounts.intent.grades))
        for floor, grade in grades
    ]


def tier_rows(accounts: Accounts) -> list[dict[str, Any]]:
    return [
        {"grades": f"{fit} x {intent}", "fit_grade": fit, "intent_grade": intent, "tier": tier}
        for fit, row in accounts.tiers.items()
        for intent, tier in row.items()
    ]


def role_rows(accounts: Accounts) -> list[dict[str, Any]]:
    return [
        {
            "role": one.role,
            "position": position,
            "departments": [name.lower() for name in one.departments] or None,
            "seniorities": list(one.seniorities) or None,
        }
        for position, one in enumerate(accounts.buying_group.roles, start=1)
    ]
