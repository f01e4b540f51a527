"""Where the records are now of ids that nobody has any more."""

from identity import models
from warehouse.dbt_plugin import lent


def model(dbt, session):
    dbt.config(materialized="table")
    dbt.ref("account_map")
    dbt.ref("person_map")
    return models.retired_ids(lent(session))
