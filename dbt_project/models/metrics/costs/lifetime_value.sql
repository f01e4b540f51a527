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

whole_numbers as (

    select
        last_month.month,
        acquisition_periods.period,
        last_month.mrr_closing,
        {{ whole('last_month.mrr_closing', 3) }} as mrr,
        last_month.customers_closing,
        churn.churned,
        churn.at_risk,
        acquisition_periods.new_customers,
        {{ whole('acquisition_periods.sales_and_marketing_cost', 3) }} as cost,
        {{ whole(policy('gross_margin'), 8) }} as margin,
        cast(100000000 as hugeint) as margin_parts,
        {{ policy('ltv_max_months') }} as longest
    from last_month
    cross join churn
    cross join acquisition_periods

),

-- In lowest terms: of a large company the products below have nearly as many digits as there are.
reduced as (

    select
        * replace (
            margin // {{ greatest_divisor('margin', 'margin_parts') }} as margin,
            margin_parts // {{ greatest_divisor('margin', 'margin_parts') }} as margin_parts
        ),
        churned = 0 or at_risk > longest * churned as is_capped
    from whole_numbers

),

-- ARPA x margin / (churned / at risk), as one fraction that is rounded once.
final as (

    select
        period,
        month,
        {{ ratio('mrr_closing', 'customers_closing') }} as arpa,
        case
            when churned > 0
                then {{ ratio_of_products(
                    ['mrr', 'margin', 'at_risk'],
                    ['1000', 'margin_parts', 'customers_closing', 'churned']
                ) }}
        end as ltv,
        case
            when at_risk = 0 then null
            when is_capped
                then {{ ratio_of_products(
                    ['mrr', 'margin', 'longest'], ['1000', 'margin_parts', 'customers_closing']
                ) }}
            else {{ ratio_of_products(
                ['mrr', 'margin', 'at_risk'],
                ['1000', 'margin_parts', 'customers_closing', 'churned']
            ) }}
        end as ltv_capped,
        case
            when churned > 0 and new_customers > 0
                then {{ ratio_of_products(
                    ['mrr', 'margin', 'at_risk', 'new_customers'],
                    ['cost', 'margin_parts', 'customers_closing', 'churned']
                ) }}
        end as ltv_to_cac
    from reduced

)

select * from final
