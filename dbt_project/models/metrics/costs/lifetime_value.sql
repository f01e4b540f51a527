with

mrr_months as (

    select * from {{ ref('mrr_months') }}
    where in_window

),

mrr_rates as (

    select * from {{ ref('mrr_rates') }}

),

acquisition_periods as (

    select * from {{ ref('acquisition_periods') }}
    where is_window

),

last_month as (

    select
        month,
        mrr_closing,
        customers_closing
    from mrr_months
    qualify row_number() over (order by first_date desc) = 1

),

churn as (

    select
        sum(churned_customers) as churned,
        sum(customers_opening) as at_risk
    from mrr_rates

),

-- ARPA x margin / (churned / at risk), as one fraction that is rounded once.
fractions as (

    select
        last_month.month,
        last_month.mrr_closing,
        last_month.customers_closing,
        churn.churned,
        churn.at_risk,
        acquisition_periods.period,
        acquisition_periods.sales_and_marketing_cost,
        acquisition_periods.new_customers,
        cast(last_month.mrr_closing * {{ policy('gross_margin') }} as decimal(38, 11))
            as closing_margin,
        {{ policy('ltv_max_months') }} as longest
    from last_month
    cross join churn
    cross join acquisition_periods

),

lifetimes as (

    select
        *,
        closing_margin * cast(at_risk as bigint) as lifetime_margin,
        cast(customers_closing * churned as bigint) as customers_churned,
        closing_margin * longest as longest_margin,
        churned = 0 or at_risk > longest * churned as is_capped
    from fractions

),

final as (

    select
        period,
        month,
        {{ ratio('mrr_closing', 'customers_closing') }} as arpa,
        case
            when churned > 0
                then {{ ratio('lifetime_margin', 'customers_churned', places=11) }}
        end as ltv,
        case
            when at_risk = 0 then null
            when is_capped then {{ ratio('longest_margin', 'customers_closing', places=11) }}
            else {{ ratio('lifetime_margin', 'customers_churned', places=11) }}
        end as ltv_capped,
        case
            when churned > 0 and new_customers > 0
                then {{ ratio(
                    '(lifetime_margin * cast(new_customers as bigint))',
                    '(sales_and_marketing_cost * customers_churned)',
                    places=11
                ) }}
        end as ltv_to_cac
    from lifetimes

)

select * from final
