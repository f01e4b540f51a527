"""The channels of the plan with their mix, their cost and their cap."""

from warehouse.rules.plan_tables import plan_channel_mix


def model(dbt, session):
    dbt.config(materialized="table")
    return plan_channel_mix()
