with

rates as (

    select * from {{ ref('fx_rate_periods') }}

),

-- Every amount with the day whose rate values it.
amounts as (

    select
        'subscription_item' as fact,
        'spot' as rate_type,
        currency,
        {{ policy('as_of_date') }} as day
    from {{ ref('subscription_item') }}

    union all

    select
        'invoice' as fact,
        'spot' as rate_type,
        currency,
        {{ business_date('issued_at') }} as day
    from {{ ref('invoice') }}

    union all

    select
        'spend' as fact,
        'spot' as rate_type,
        currency,
        spend_date as day
    from {{ ref('spend') }}

    union all

    select
        'opportunity' as fact,
        'spot' as rate_type,
        currency,
        least(close_date, {{ policy('as_of_date') }}) as day
    from {{ ref('opportunity') }}
    where not is_deleted and amount is not null

    union all

    select
        'quota' as fact,
        'plan' as rate_type,
        currency,
        {{ policy('as_of_date') }} as day
    from {{ ref('quota') }}

    union all

    select
        'forecast_snapshot' as fact,
        'plan' as rate_type,
        currency,
        snapshot_date as day
    from {{ ref('forecast_snapshot') }}

),

final as (

    select
        amounts.fact || ' ' || coalesce(amounts.currency, '(none)') as fact_currency,
        amounts.fact,
        amounts.currency,
        amounts.rate_type,
        min(amounts.day) as first_day,
        max(amounts.day) as last_day,
        count(*) as amounts
    from amounts
    left join rates
        on
            amounts.rate_type = rates.rate_type
            and amounts.currency = rates.currency
            and amounts.day >= rates.valid_from
            and amounts.day < rates.valid_to
    where rates.rate is null
    group by amounts.fact, amounts.currency, amounts.rate_type

)

select * from final
