"""What the decision rules ask, one condition a row."""

from warehouse.rules.decisions_tables import decisions_conditions


def model(dbt, session):
    dbt.config(materialized="table")
    return decisions_conditions()
