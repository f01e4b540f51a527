"""What earns points by what somebody did."""

from warehouse.rules.scoring_tables import scoring_behaviour_rules


def model(dbt, session):
    dbt.config(materialized="table")
    return scoring_behaviour_rules()
