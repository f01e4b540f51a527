"""What every metric is called, in which direction it is better, and who owns it."""

from warehouse.metric_registry import registry_table


def model(dbt, session):
    dbt.config(materialized="table")
    return registry_table()
