"""Points for what an account is, rule by rule."""

from warehouse.rules.accounts_tables import account_fit_rules


def model(dbt, session):
    dbt.config(materialized="table")
    return account_fit_rules()
