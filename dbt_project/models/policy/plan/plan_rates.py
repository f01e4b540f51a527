"""The rates that the plan says itself."""

from warehouse.rules.plan_tables import plan_rates


def model(dbt, session):
    dbt.config(materialized="table")
    return plan_rates()
