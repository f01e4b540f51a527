"""Every experiment with what it says: lift, z, p, how far it can be off, and a verdict in words."""

from estimators.experiments import experiment_results


def model(dbt, session):
    dbt.config(materialized="table")
    return experiment_results(
        dbt.ref("experiment_counts").to_arrow_table(),
        dbt.ref("experiment_settings").to_arrow_table(),
    )
