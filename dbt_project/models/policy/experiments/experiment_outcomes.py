"""Experiments on a holdout, with what is to happen."""

from warehouse.rules.experiments_tables import experiment_outcomes


def model(dbt, session):
    dbt.config(materialized="table")
    return experiment_outcomes()
