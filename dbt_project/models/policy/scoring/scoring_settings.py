"""The choices of scoring.yml that have one value."""

from warehouse.rules.scoring_tables import scoring_settings


def model(dbt, session):
    dbt.config(materialized="table")
    return scoring_settings()
