"""How sure an experiment has to be."""

from warehouse.rules.experiments_tables import experiment_settings


def model(dbt, session):
    dbt.config(materialized="table")
    return experiment_settings()
