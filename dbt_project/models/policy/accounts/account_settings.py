"""The choices of accounts.yml that have one value."""

from warehouse.rules.accounts_tables import account_settings


def model(dbt, session):
    dbt.config(materialized="table")
    return account_settings()
