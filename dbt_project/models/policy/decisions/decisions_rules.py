"""The decision rules in their order, with what each leads to."""

from warehouse.rules.decisions_tables import decisions_rules


def model(dbt, session):
    dbt.config(materialized="table")
    return decisions_rules()
