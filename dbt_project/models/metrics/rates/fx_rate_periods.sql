with

fx_rate as (

    select * from {{ ref('fx_rate') }}
    where to_currency = {{ policy('reporting_currency') }}

),

spot as (

    select
        rate_type,
        from_currency as currency,
        rate_date as valid_from,
        coalesce(
            lead(rate_date) over (partition by from_currency order by rate_date),
            {{ last_day() }}
        ) as valid_to,
        rate
    from fx_rate
    where rate_type = 'spot' and from_currency != to_currency

),

-- Planned rates are to keep currency out of a comparison: the latest holds for every day, those
-- before it too.
plan as (

    select
        rate_type,
        from_currency as currency,
        {{ first_day() }} as valid_from,
        {{ last_day() }} as valid_to,
        rate
    from fx_rate
    where
        rate_type = 'plan'
        and from_currency != to_currency
        and rate_date <= {{ policy('as_of_date') }}
    qualify row_number() over (partition by from_currency order by rate_date desc) = 1

),

rate_types as (

    select 'spot' as rate_type

    union all

    select 'plan' as rate_type

),

reporting_currency as (

    select
        rate_type,
        {{ policy('reporting_currency') }} as currency,
        {{ first_day() }} as valid_from,
        {{ last_day() }} as valid_to,
        cast(1 as decimal(18, 8)) as rate
    from rate_types

),

every_currency as (

    select * from spot

    union all

    select * from plan

    union all

    select * from reporting_currency

),

final as (

    select
        rate_type || ':' || currency || ':' || cast(valid_from as varchar) as rate_key,
        rate_type,
        currency,
        valid_from,
        valid_to,
        cast(rate as decimal(18, 8)) as rate,
        {{ whole_rate('rate') }} as whole_rate
    from every_currency

)

select * from final
