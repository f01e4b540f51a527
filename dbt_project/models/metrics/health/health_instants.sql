with

settings as (

    select * from {{ ref('health_settings') }}

),

month_ends as (

    select * from {{ ref('policy_periods') }}
    where is_month and in_window and end_at < {{ policy('as_of') }}

),

-- Now, from where the report is seen, and the month ends of the window before it.
seen as (

    select
        {{ policy('as_of') }} as seen_at,
        true as is_reported,
        false as is_evaluated,
        {{ month_label(policy('as_of_date')) }} as month,
        {{ month_start(policy('window_end_date'), 3) }} as three_months_date,
        {{ month_start(policy('window_end_date'), 1) }} as last_month_date,
        coalesce(
            usage_month, {{ month_label(month_start(business_date(policy('as_of'))) ~ ' - 1') }}
        ) as usage_month
    from settings

    union all

    select
        month_ends.end_at as seen_at,
        false as is_reported,
        month_ends.end_at <= {{ days_before(policy('as_of'), 90) }} as is_evaluated,
        month_ends.period as month,
        {{ month_start('month_ends.first_date', 2) }} as three_months_date,
        month_ends.first_date as last_month_date,
        month_ends.period as usage_month
    from month_ends
    cross join settings

),

-- No month of use counts that has not begun.
final as (

    select
        seen_at,
        coalesce(
            lag(seen_at) over (order by seen_at), {{ first_instant() }}
        ) as seen_before_at,
        is_reported,
        is_evaluated,
        month,
        three_months_date,
        last_month_date,
        case
            when usage_month <= {{ month_label(policy('as_of_date')) }} then usage_month
        end as usage_month,
        {{ days_before('seen_at', 90) }} as ninety_days_before_at
    from seen

)

select * from final
