"""The tasks of the marketing calendar."""

from warehouse.rules.plan_tables import plan_calendar


def model(dbt, session):
    dbt.config(materialized="table")
    return plan_calendar()
