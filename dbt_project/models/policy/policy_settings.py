"""The choices that have one value, as one row."""

from warehouse.policy_tables import policy_settings


def model(dbt, session):
    dbt.config(materialized="table")
    return policy_settings()
