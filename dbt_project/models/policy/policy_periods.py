"""Months, quarters and the window reported, with the instants at which they are cut."""

from datetime import UTC, datetime, timedelta

from warehouse.policy_tables import policy_periods


def model(dbt, session):
    dbt.config(materialized="table")
    (microseconds,) = dbt.ref("policy_settings").project("epoch_us(as_of)").fetchone()
    as_of = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    return policy_periods(as_of)
