"""The tier of every grade of fit and grade of intent."""

from warehouse.rules.accounts_tables import account_tiers


def model(dbt, session):
    dbt.config(materialized="table")
    return account_tiers()
