with

-- Leads whose time to get there is not up.
open_leads as (

    select * from {{ ref('lead_features') }}
    where not is_label_complete

),

feature_values as (

    select * from {{ ref('lead_feature_values') }}

),

weights as (

    select
        item as feature,
        value as weight
    from {{ ref('lead_propensity_fit') }}
    where part = 'weight'

),

final as (

    select
        feature_values.person_feature,
        feature_values.person_id,
        feature_values.feature,
        weights.weight,
        feature_values.value,
        weights.weight * feature_values.value as contribution,
        {{ feature_words('feature_values.subject', 'feature_values.item') }}
        || {{ odds_text('weights.weight * feature_values.value') }} as reason
    from feature_values
    inner join weights
        on feature_values.feature = weights.feature
    inner join open_leads
        on feature_values.person_id = open_leads.person_id

)

select * from final
