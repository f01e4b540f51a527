with

lead_features as (

    select * from {{ ref('lead_features') }}

),

person as (

    select * from {{ ref('person') }}

),

account as (

    select * from {{ ref('account') }}

),

-- What our own people do follows from what they think of a lead; marketing's alone is used.
touch as (

    select * from {{ ref('touch') }}
    where is_marketing and person_id is not null

),

described as (

    select
        lead_features.person_id,
        lead_features.first_lead_at,
        person.seniority,
        person.department,
        person.country,
        person.lead_channel,
        account.industry,
        account.segment,
        account.employee_count
    from lead_features
    inner join person
        on lead_features.person_id = person.person_id
    left join account
        on person.account_id = account.account_id

),

touched as (

    select
        lead_features.person_id,
        touch.touch_type,
        count(*) as touch_count,
        max(touch.occurred_at) as last_touch_at
    from lead_features
    inner join touch
        on lead_features.person_id = touch.person_id
    where touch.occurred_at <= lead_features.observed_at
    group by lead_features.person_id, touch.touch_type

),

valued as (

    {{ words_as_features(
        'described',
        ['seniority', 'department', 'country', 'lead_channel', 'industry', 'segment'],
        'first_lead_at'
    ) }}

    union all

    select
        person_id,
        'employee_count' as subject,
        cast(null as varchar) as item,
        ln(1.0 + employee_count) as value,
        first_lead_at as known_at
    from described
    where employee_count > 0

    union all

    select
        person_id,
        'touch' as subject,
        touch_type as item,
        ln(1.0 + touch_count) as value,
        last_touch_at as known_at
    from touched

    union all

    select
        person_id,
        'behaviour' as subject,
        cast(null as varchar) as item,
        cast(behaviour_points as double) / 10 as value,
        observed_at as known_at
    from lead_features
    where behaviour_points != 0

),

final as (

    select
        person_id || ' ' || subject || coalesce(':' || item, '') as person_feature,
        person_id,
        subject || coalesce(':' || item, '') as feature,
        subject,
        item,
        value,
        known_at
    from valued

)

select * from final
