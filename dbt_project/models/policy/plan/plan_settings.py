"""The plan's goal and what else it says once."""

from warehouse.rules.plan_tables import plan_settings


def model(dbt, session):
    dbt.config(materialized="table")
    return plan_settings()
