"""What each channel adds to the rate at which paths are won, over all orders of joining."""

from estimators.channel_tables import conversion_game_table


def model(dbt, session):
    dbt.config(materialized="table")
    return conversion_game_table(dbt.ref("channel_sets").to_arrow_table())
