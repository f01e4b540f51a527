"""What earns points by who somebody is."""

from warehouse.rules.scoring_tables import scoring_attribute_rules


def model(dbt, session):
    dbt.config(materialized="table")
    return scoring_attribute_rules()
