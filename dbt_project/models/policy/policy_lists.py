"""The choices that are lists of words."""

from warehouse.policy_tables import policy_lists


def model(dbt, session):
    dbt.config(materialized="table")
    return policy_lists()
