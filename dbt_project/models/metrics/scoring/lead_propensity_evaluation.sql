with

fit as (

    select * from {{ ref('lead_propensity_fit') }}

),

settings as (

    select * from {{ ref('scoring_settings') }}

),

told as (

    select
        bool_or(value = 1) filter (where part = 'decision') as is_published,
        max(words) filter (where part = 'decision') as why_not,
        max(item) filter (where part = 'base') as model_version,
        {{ figures([
            'leads', 'positives', 'leads_learnt', 'leads_tried', 'model_auc', 'rules_auc',
            'boosting_auc', 'model_lift_top_tenth', 'rules_lift_top_tenth', 'model_lift_top_third',
            'rules_lift_top_third', 'model_precision', 'rules_precision', 'model_recall',
            'rules_recall', 'model_brier', 'model_calibration_error', 'model_auc_earlier_half',
            'model_auc_later_half',
        ]) }}
    from fit

),

final as (

    select
        settings.rules_version,
        settings.label_stage,
        settings.label_days,
        told.is_published,
        told.why_not,
        told.model_version,
        cast(told.leads as bigint) as leads,
        cast(told.positives as bigint) as positives,
        cast(told.leads_learnt as bigint) as leads_learnt,
        cast(told.leads_tried as bigint) as leads_tried,
        told.model_auc,
        told.rules_auc,
        told.boosting_auc,
        told.model_lift_top_tenth,
        told.rules_lift_top_tenth,
        told.model_lift_top_third,
        told.rules_lift_top_third,
        told.model_precision,
        told.rules_precision,
        told.model_recall,
        told.rules_recall,
        told.model_brier,
        told.model_calibration_error,
        told.model_auc_earlier_half,
        told.model_auc_later_half
    from settings
    cross join told

)

select * from final
