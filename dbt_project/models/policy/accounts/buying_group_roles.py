"""Whom a buying group has."""

from warehouse.rules.accounts_tables import buying_group_roles


def model(dbt, session):
    dbt.config(materialized="table")
    return buying_group_roles()
