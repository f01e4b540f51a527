"""Experiments whose arms were counted elsewhere."""

from warehouse.rules.experiments_tables import experiment_arms


def model(dbt, session):
    dbt.config(materialized="table")
    return experiment_arms()
