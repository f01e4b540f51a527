"""The lowest points of each grade of fit and of intent."""

from warehouse.rules.accounts_tables import account_grades


def model(dbt, session):
    dbt.config(materialized="table")
    return account_grades()
