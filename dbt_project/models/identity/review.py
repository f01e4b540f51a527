"""Pairs of records that may be one and were not joined, for a steward to decide."""

from identity import models
from warehouse.dbt_plugin import lent


def model(dbt, session):
    dbt.config(materialized="table")
    dbt.ref("edges")
    return models.review(lent(session))
