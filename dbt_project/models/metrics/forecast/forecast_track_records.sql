with

ended as (

    select * from {{ ref('forecast_method_owners') }}
    where has_ended

),

-- Methods are compared where all of them spoke: on the days of calls, if there were any.
comparable as (

    select
        snapshot_date,
        period
    from ended
    group by snapshot_date, period
    having count(*) = count(forecast_amount)

),

every_call as (

    select
        ended.*,
        max(case when ended.is_called then 1 else 0 end) over () = 1 as is_called_at_all
    from ended
    inner join comparable
        on
            ended.snapshot_date = comparable.snapshot_date
            and ended.period = comparable.period

),

compared as (

    select * from every_call
    where is_called or not is_called_at_all

),

everybody_too as (

    select
        owner_or_nobody as owner_or_all,
        method,
        method_order,
        forecast_amount,
        actual_amount,
        is_in_range
    from compared

    union all

    select
        '(all)' as owner_or_all,
        method,
        method_order,
        forecast_amount,
        actual_amount,
        is_in_range
    from compared

),

in_range as (

    select
        owner_or_all,
        method,
        count(*) filter (where is_in_range) as in_range_count
    from everybody_too
    group by owner_or_all, method

),

scored as (

    {{ forecast_scores('everybody_too', ['owner_or_all', 'method', 'method_order']) }}

),

ranked as (

    select
        scored.*,
        in_range.in_range_count,
        row_number() over (
            partition by scored.owner_or_all
            order by scored.wape asc nulls last, scored.method_order asc
        ) as place
    from scored
    inner join in_range
        on
            scored.owner_or_all = in_range.owner_or_all
            and scored.method = in_range.method

),

final as (

    select
        owner_or_all || ' ' || method as forecast_track_record,
        owner_or_all,
        nullif(nullif(owner_or_all, '(all)'), '') as owner_id,
        method,
        method_order,
        owner_count as call_count,
        forecast_amount,
        actual_amount,
        missed_amount,
        wape,
        accuracy,
        bias,
        case when method = 'baseline' then in_range_count end as in_range_count,
        place = 1 and wape is not null as is_best
    from ranked

)

select * from final
