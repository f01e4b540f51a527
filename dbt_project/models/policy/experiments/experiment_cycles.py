"""The small gain that is compounded."""

from warehouse.rules.experiments_tables import experiment_cycles


def model(dbt, session):
    dbt.config(materialized="table")
    return experiment_cycles()
