with

product_expansions as (

    select * from {{ ref('product_expansions') }}

),

retention as (

    select * from {{ ref('retention') }}
    where segment is null

),

periods as (

    select * from {{ ref('policy_periods') }}
    where in_window and (is_quarter or is_window)

),

counted as (

    select
        periods.period,
        retention.customers_at_start,
        {{ distinct_count('product_expansions.account_id', "kind = 'cross_sell'") }} as cross_sold,
        {{ distinct_count('product_expansions.account_id', "kind = 'upsell'") }} as upsold,
        count(distinct product_expansions.account_id) as either,
        {{ money_sum('mrr_at_plan', "kind = 'cross_sell'") }} as cross_sell_mrr_at_plan,
        {{ money_sum('mrr_at_plan', "kind = 'upsell'") }} as upsell_mrr_at_plan
    from periods
    inner join retention
        on periods.period = retention.period
    left join product_expansions
        on periods.period = product_expansions.period
    group by all

),

final as (

    select
        period,
        cross_sell_mrr_at_plan,
        upsell_mrr_at_plan,
        {{ ratio('cross_sold', 'customers_at_start', places=0) }} as cross_sell_rate,
        {{ ratio('upsold', 'customers_at_start', places=0) }} as upsell_rate,
        {{ ratio('either', 'customers_at_start', places=0) }} as cross_sell_or_upsell_rate
    from counted

)

select * from final
