"""How likely a path through the channels is won, whole and without each of them."""

from estimators.channel_tables import chain_table


def model(dbt, session):
    dbt.config(materialized="table")
    return chain_table(dbt.ref("channel_steps").to_arrow_table())
