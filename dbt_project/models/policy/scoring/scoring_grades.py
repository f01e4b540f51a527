"""The floors of each axis's grades."""

from warehouse.rules.scoring_tables import scoring_grades


def model(dbt, session):
    dbt.config(materialized="table")
    return scoring_grades()
