with

revenue_lines as (

    select * from {{ ref('revenue_lines') }}

),

recognised_revenue_months as (

    select * from {{ ref('recognised_revenue_months') }}

),

-- Growth of the first month is over the month before the window.
periods as (

    select * from {{ ref('policy_periods') }}
    where in_window or (is_month and end_date = {{ policy('window_start_date') }})

),

invoiced as (

    select
        periods.period,
        periods.first_date,
        periods.is_month,
        periods.is_quarter,
        periods.is_window,
        periods.in_window,
        {{ money_sum('revenue_lines.amount') }} as invoiced_revenue,
        {{ money_sum('revenue_lines.amount_at_plan') }} as invoiced_revenue_at_plan
    from periods
    left join revenue_lines
        on
            periods.first_date <= revenue_lines.issued_on
            and periods.end_date > revenue_lines.issued_on
    group by all

),

recognised as (

    select
        month,
        sum(recognised_amount) as recognised_revenue
    from recognised_revenue_months
    group by month

),

-- Months follow months, and quarters quarters.
kinds as (

    select
        invoiced.*,
        'month' as kind
    from invoiced
    where invoiced.is_month

    union all

    select
        invoiced.*,
        'quarter' as kind
    from invoiced
    where invoiced.is_quarter and not invoiced.is_month

    union all

    select
        invoiced.*,
        'window' as kind
    from invoiced
    where invoiced.is_window and not invoiced.is_month and not invoiced.is_quarter

),

grown as (

    select
        *,
        lag(invoiced_revenue) over (partition by kind order by first_date) as prior_revenue,
        lag(invoiced_revenue_at_plan) over (partition by kind order by first_date)
            as prior_revenue_at_plan,
        row_number() over (partition by kind order by first_date) > 1 as has_prior
    from kinds

),

final as (

    select
        grown.period,
        grown.kind,
        grown.is_window,
        grown.in_window,
        grown.has_prior,
        grown.invoiced_revenue,
        case
            when grown.kind = 'month'
                then cast(coalesce(recognised.recognised_revenue, 0) as {{ money_type() }})
        end as recognised_revenue,
        {{ ratio('(grown.invoiced_revenue - grown.prior_revenue)', 'grown.prior_revenue') }}
            as revenue_growth_rate,
        {{ ratio(
            '(grown.invoiced_revenue_at_plan - grown.prior_revenue_at_plan)',
            'grown.prior_revenue_at_plan'
        ) }} as revenue_growth_rate_at_plan
    from grown
    left join recognised
        on
            grown.kind = 'month'
            and grown.period = recognised.month

)

select * from final
