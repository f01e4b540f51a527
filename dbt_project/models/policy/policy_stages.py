"""The stages of an opportunity, with their numbers."""

from warehouse.policy_tables import policy_stages


def model(dbt, session):
    dbt.config(materialized="table")
    return policy_stages()
