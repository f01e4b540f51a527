"""The months over which the plan's revenue is spread."""

from warehouse.rules.plan_tables import plan_month_shares


def model(dbt, session):
    dbt.config(materialized="table")
    return plan_month_shares()
