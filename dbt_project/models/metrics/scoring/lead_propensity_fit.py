"""The chance that a lead gets there, learnt from the leads whose outcome is known."""

from estimators.propensity import FIT, Demands, estimate


def model(dbt, session):
    dbt.config(materialized="table")
    demands = dbt.ref("scoring_settings").project("min_positives, min_auc_gain, held_out_share")
    leads = dbt.ref("lead_features").filter("is_label_complete")
    values = dbt.ref("lead_feature_values").project("person_id, feature, value, known_at")
    asked = demands.fetchone()
    if asked is None:
        return FIT.empty_table()
    least, gain, share = asked
    return estimate(
        leads.to_arrow_table(), values.to_arrow_table(), Demands(least, float(gain), float(share))
    )
