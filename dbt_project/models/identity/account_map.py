"""Which account every company record belongs to, with ids that last."""

from identity import models
from warehouse.dbt_plugin import lent


def model(dbt, session):
    dbt.config(materialized="table")
    dbt.ref("company_records")
    dbt.ref("edges")
    return models.account_map(lent(session), dbt.this.schema)
