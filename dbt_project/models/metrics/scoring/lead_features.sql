with

-- Who had already got there when observed has nothing left to be foretold.
observations as (

    select
        *,
        row_number() over (
            partition by is_label_complete
            order by first_lead_at desc, person_id asc
        ) as recency
    from {{ ref('lead_observations') }}
    where not is_decided

),

final as (

    select
        person_id,
        first_lead_at,
        observed_at,
        label_ends_at,
        is_label_complete,
        is_label_reached as is_positive,
        total_points as rules_points,
        behaviour_points,
        is_mql
    from observations
    where not is_label_complete or recency <= 200000

)

select * from final
