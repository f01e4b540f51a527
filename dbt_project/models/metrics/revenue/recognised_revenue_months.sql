with

revenue_lines as (

    select * from {{ ref('revenue_lines') }}

),

currencies as (

    select * from {{ ref('policy_currencies') }}

),

months as (

    select * from {{ ref('policy_periods') }}
    where is_month

),

-- A line without a service period is earned when it is issued.
earned as (

    select
        revenue_lines.*,
        {{ whole('revenue_lines.local_amount', 4) }}
        * coalesce(currencies.minor_units_per_unit, 100) as line_amount,
        {{ whole_rate('revenue_lines.spot_rate') }} as spot_rate_units,
        coalesce(revenue_lines.period_end > revenue_lines.period_start, false) as is_spread,
        coalesce(currencies.minor_units_per_unit, 100) as minor_units_per_unit
    from revenue_lines
    left join currencies
        on revenue_lines.currency = currencies.currency

),

spans as (

    select
        *,
        case when is_spread then period_start else issued_on end as earned_from,
        case when is_spread then period_end else issued_on + 1 end as earned_until
    from earned

),

-- Straight line by day. What is earned up to a day is rounded, in the line's own currency, and a
-- month has the difference: all months together make the line, to the last cent.
passed as (

    select
        months.period as month,
        spans.invoice_line_id,
        spans.spot_rate_units,
        spans.minor_units_per_unit,
        spans.line_amount,
        10000 * (spans.earned_until - spans.earned_from) as line_parts,
        greatest(months.first_date, spans.earned_from) - spans.earned_from as days_before,
        least(months.end_date, spans.earned_until) - spans.earned_from as days_until
    from spans
    inner join months
        on
            spans.earned_from < months.end_date
            and spans.earned_until > months.first_date

),

parts as (

    select
        month,
        invoice_line_id,
        spot_rate_units,
        minor_units_per_unit,
        {{ rounded_quotient('(line_amount * days_until)', 'line_parts') }}
        - {{ rounded_quotient('(line_amount * days_before)', 'line_parts') }} as minor_units
    from passed

),

final as (

    select
        invoice_line_id || ' ' || month as line_month,
        invoice_line_id,
        month,
        {{ money_of_fraction(
            'minor_units * spot_rate_units',
            '(minor_units_per_unit * ' ~ rate_units() ~ ')'
        ) }} as recognised_amount
    from parts

)

select * from final
