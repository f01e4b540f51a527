with

stages as (

    select * from {{ ref('sales_stages') }}

),

opportunity_facts as (

    select * from {{ ref('opportunity_facts') }}
    where counts_in_win_rate

),

stage_times as (

    select * from {{ ref('opportunity_stage_times') }}

),

-- Who skipped a stage came past it.
reached as (

    select
        stages.stage,
        stages.stage_order,
        stages.next_stage,
        stages.is_open,
        count(opportunity_facts.opportunity_id) as reached_count,
        count(*) filter (where opportunity_facts.is_closed) as closed_reached_count
    from stages
    left join opportunity_facts
        on stages.stage_order <= opportunity_facts.reached_stage_order
    group by all

),

stayed as (

    select
        stage_times.stage,
        {{ mean_duration('stage_times.stayed_us', 86400000000) }} as days_in_stage_mean
    from stage_times
    inner join opportunity_facts
        on stage_times.opportunity_id = opportunity_facts.opportunity_id
    where stage_times.is_open
    group by stage_times.stage

),

followed as (

    select
        *,
        lead(reached_count) over (order by stage_order) as next_reached_count,
        lead(closed_reached_count) over (order by stage_order) as next_closed_reached_count
    from reached

),

final as (

    select
        followed.stage,
        followed.stage_order,
        followed.next_stage,
        followed.is_open,
        followed.reached_count,
        followed.closed_reached_count,
        {{ ratio('followed.next_reached_count', 'followed.reached_count', places=0) }}
            as conversion_rate,
        {{ ratio(
            'followed.next_closed_reached_count', 'followed.closed_reached_count', places=0
        ) }} as conversion_rate_closed_only,
        stayed.days_in_stage_mean
    from followed
    left join stayed
        on followed.stage = stayed.stage

)

select * from final
