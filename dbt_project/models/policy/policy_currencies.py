"""How many decimal places a currency has."""

from warehouse.policy_tables import policy_currencies


def model(dbt, session):
    dbt.config(materialized="table")
    return policy_currencies()
