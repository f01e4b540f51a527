"""The choices of health.yml that have one value."""

from warehouse.rules.health_tables import health_settings


def model(dbt, session):
    dbt.config(materialized="table")
    return health_settings()
