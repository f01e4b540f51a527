with

method_owners as (

    select * from {{ ref('forecast_method_owners') }}

),

told as (

    select * from method_owners
    where forecast_amount is not null

),

targets as (

    select
        snapshot_date,
        period,
        method,
        method_order,
        bool_or(is_called) as is_called,
        bool_or(has_ended) as has_ended,
        count(*) filter (where is_in_range) as owners_in_range
    from method_owners
    group by snapshot_date, period, method, method_order

),

scored as (

    {{ forecast_scores('told', ['snapshot_date', 'period', 'method']) }}

),

-- Of methods that missed by as much, the first in their order.
ranked as (

    select
        targets.*,
        coalesce(scored.owner_count, 0) as owner_count,
        scored.forecast_amount,
        scored.actual_amount,
        scored.missed_amount,
        scored.actual_size,
        scored.wape,
        scored.accuracy,
        scored.company_wape,
        scored.bias,
        row_number() over (
            partition by targets.snapshot_date, targets.period
            order by scored.wape asc nulls last, targets.method_order asc
        ) as place
    from targets
    left join scored
        on
            targets.snapshot_date = scored.snapshot_date
            and targets.period = scored.period
            and targets.method = scored.method

),

final as (

    select
        cast(snapshot_date as varchar) || ' ' || period || ' ' || method as forecast_method,
        snapshot_date,
        period,
        method,
        method_order,
        is_called,
        has_ended,
        owner_count,
        forecast_amount,
        actual_amount,
        missed_amount,
        actual_size,
        wape,
        accuracy,
        company_wape,
        bias,
        case when method = 'baseline' and owner_count > 0 then owners_in_range end
            as owners_in_range,
        place = 1 and wape is not null as is_winner
    from ranked

)

select * from final
