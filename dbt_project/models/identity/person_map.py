"""Which person every person record belongs to, with ids that last, and at which account."""

from identity import models
from warehouse.dbt_plugin import lent


def model(dbt, session):
    dbt.config(materialized="table")
    dbt.ref("person_records")
    dbt.ref("account_map")
    return models.person_map(lent(session), dbt.this.schema)
