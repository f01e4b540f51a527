"""What each component of health weighs."""

from warehouse.rules.health_tables import health_weights


def model(dbt, session):
    dbt.config(materialized="table")
    return health_weights()
