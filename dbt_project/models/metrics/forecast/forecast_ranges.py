"""Between which amounts the sums of deals will lie that are won with their chances."""

from estimators.forecast import ranges


def model(dbt, session):
    dbt.config(materialized="table")
    deals = dbt.ref("forecast_deals").filter("amount_at_plan > 0 and chance > 0")
    columns = "snapshot_date, period, owner_or_nobody, amount_at_plan, chance"
    return ranges(deals.project(columns).order(columns).to_arrow_table())
