with

nps_response as (

    select * from {{ ref('nps_response') }}
    where
        responded_at >= {{ days_before(policy('as_of'), policy('nps_window_days')) }}
        and responded_at < {{ policy('as_of') }}

),

erased as (

    select * from {{ ref('person') }}
    where is_deleted

),

-- An answer without a name is somebody's, and nobody else's.
ranked as (

    select
        nps_response.*,
        row_number() over (
            partition by coalesce(nps_response.person_id, 'response:' || nps_response.response_id)
            order by nps_response.responded_at desc, nps_response.response_id desc
        ) as answer_rank
    from nps_response
    left join erased
        on nps_response.person_id = erased.person_id
    where erased.person_id is null

),

final as (

    select
        response_id,
        person_id,
        account_id,
        responded_at,
        score,
        case
            when score >= 9 then 'promoter'
            when score >= 7 then 'passive'
            else 'detractor'
        end as respondent_kind
    from ranked
    where answer_rank = 1

)

select * from final
