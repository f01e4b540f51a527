"""What a small gain comes to when it is made again and again."""

from estimators.experiments import experiment_compounding


def model(dbt, session):
    dbt.config(materialized="table")
    return experiment_compounding(dbt.ref("experiment_cycles").to_arrow_table())
