with

account_mrr_months as (

    select * from {{ ref('account_mrr_months') }}

),

account as (

    select * from {{ ref('account') }}

),

months as (

    select * from {{ ref('mrr_months') }}
    where in_window

),

segments as (

    select distinct segment from account
    where segment is not null

),

by_segment as (

    select
        account_mrr_months.month,
        account.segment,
        account_mrr_months.arr_closing
    from account_mrr_months
    inner join account
        on account_mrr_months.account_id = account.account_id

),

final as (

    select
        months.month || ' ' || segments.segment as month_segment,
        months.month,
        segments.segment,
        {{ money_sum('by_segment.arr_closing') }} as arr_closing
    from months
    cross join segments
    left join by_segment
        on
            months.month = by_segment.month
            and segments.segment = by_segment.segment
    group by all

)

select * from final
