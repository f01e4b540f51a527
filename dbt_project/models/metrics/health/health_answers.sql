with

instants as (

    select * from {{ ref('health_instants') }}

),

nps_response as (

    select * from {{ ref('nps_response') }}
    where responded_at < {{ policy('as_of') }}

),

erased as (

    select * from {{ ref('person') }}
    where is_deleted

),

-- The latest answer of everybody, as it was at each instant; one without a name is somebody's.
ranked as (

    select
        nps_response.account_id,
        nps_response.score,
        instants.seen_at,
        row_number() over (
            partition by
                instants.seen_at,
                coalesce(nps_response.person_id, 'response:' || nps_response.response_id)
            order by nps_response.responded_at desc, nps_response.response_id desc
        ) as answer_rank
    from nps_response
    inner join instants
        on
            nps_response.responded_at < instants.seen_at
            and nps_response.responded_at
            >= {{ days_before('instants.seen_at', health('sentiment_window_days')) }}
    left join erased
        on nps_response.person_id = erased.person_id
    where erased.person_id is null

),

final as (

    select
        account_id || ' ' || cast(seen_at as varchar) as account_instant,
        account_id,
        seen_at,
        count(*) as respondents,
        count(*) filter (where score >= 9) as promoters,
        count(*) filter (where score between 7 and 8) as passives,
        count(*) filter (where score < 7) as detractors
    from ranked
    where answer_rank = 1 and account_id is not null
    group by account_id, seen_at

)

select * from final
