with

fx_rate as (

    select * from {{ ref('fx_rate') }}
    where to_currency = {{ policy('reporting_currency') }}

),

dated as (

    select
        rate_type,
        from_currency,
        rate_date,
        rate,
        row_number() over (partition by rate_type, from_currency order by rate_date) as rate_number,
        lead(rate_date) over (partition by rate_type, from_currency order by rate_date)
            as next_rate_date
    from fx_rate
    where from_currency != to_currency

),

-- A plan is fixed for its year, and also holds for the eve of its first day, where a year is opened.
in_force as (

    select
        rate_type,
        from_currency as currency,
        case when rate_type = 'plan' and rate_number = 1 then {{ first_day() }} else rate_date end
            as valid_from,
        coalesce(next_rate_date, {{ last_day() }}) as valid_to,
        rate
    from dated

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

    select * from in_force

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
        cast(rate as decimal(18, 8)) as rate
    from every_currency

)

select * from final
