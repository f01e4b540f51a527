"""The bands of health with their floors."""

from warehouse.rules.health_tables import health_bands


def model(dbt, session):
    dbt.config(materialized="table")
    return health_bands()
