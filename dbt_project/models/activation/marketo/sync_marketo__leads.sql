with

person_map as (

    select * from {{ ref('person_map') }}
    where
        source = 'marketo'
        and source_object = 'leads'
        and not is_deleted

),

people as (

    select * from {{ ref('people') }}

),

lead_score_totals as (

    select * from {{ ref('lead_score_totals') }}

),

final as (

    select
        person_map.source_record_id as marketo_lead_id,
        people.person_id,
        -- Whole points: fractions fade every day, and each would be a request.
        cast(round(lead_score_totals.total_points) as integer) as lead_score,
        lead_score_totals.grade as lead_grade,
        lead_score_totals.is_mql
    from person_map
    inner join people on person_map.person_id = people.person_id
    left join lead_score_totals on people.person_id = lead_score_totals.person_id

)

select * from final
