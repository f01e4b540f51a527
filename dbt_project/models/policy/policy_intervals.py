"""What a billing interval is, per month."""

from warehouse.policy_tables import policy_intervals


def model(dbt, session):
    dbt.config(materialized="table")
    return policy_intervals()
