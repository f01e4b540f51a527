"""How recent a touch has to be for how many points."""

from warehouse.rules.health_tables import health_engagement_days


def model(dbt, session):
    dbt.config(materialized="table")
    return health_engagement_days()
