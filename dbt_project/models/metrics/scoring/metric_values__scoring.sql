with

lead_score_totals as (

    select * from {{ ref('lead_score_totals') }}

),

lead_observations as (

    select
        *,
        cast(is_positive as varchar) as label
    from {{ ref('lead_observations') }}
    where is_evaluated

),

lead_score_evaluation as (

    select * from {{ ref('lead_score_evaluation') }}

),

{% set seen = {'as_of': 'as_of_date', 'person_id': 'person_id'} %}

final as (

    {{ metrics([
        metric('score_attribute', 'lead_score_totals', 'attribute_points', 'points', seen),
        metric('score_behaviour', 'lead_score_totals', 'behaviour_points', 'points', seen),
        metric('score_total', 'lead_score_totals', 'total_points', 'points', seen),
        metric('score_grade', 'lead_score_totals', 'grade', 'text', seen),
        metric('score_first_mql_at', 'lead_score_totals', instant_text('first_mql_at'), 'text',
            ['person_id']),
        metric('score_at_observation', 'lead_observations', 'total_points', 'points',
            ['label', 'person_id']),
        metric('score_eval_population', 'lead_score_evaluation', 'leads', 'count'),
        metric('score_auc', 'lead_score_evaluation', 'auc', 'ratio'),
        metric('score_lift_top_third', 'lead_score_evaluation', 'lift_top_third', 'ratio'),
        metric('score_precision_at_threshold', 'lead_score_evaluation', 'precision_at_threshold',
            'ratio'),
        metric('score_recall_at_threshold', 'lead_score_evaluation', 'recall_at_threshold', 'ratio')
    ]) }}

)

select * from final
