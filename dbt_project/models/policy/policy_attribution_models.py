"""How every attribution model weighs the touches of a deal, in whole numbers."""

from warehouse.policy_tables import policy_attribution_models


def model(dbt, session):
    dbt.config(materialized="table")
    return policy_attribution_models()
