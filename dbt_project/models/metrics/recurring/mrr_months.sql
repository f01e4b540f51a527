with

account_mrr_months as (

    select * from {{ ref('account_mrr_months') }}

),

months as (

    select * from {{ ref('policy_periods') }}
    where is_month

),

-- The closing of the month before the window is its opening, and is shown.
shown as (

    select
        period as month,
        first_date,
        end_date,
        in_window
    from months
    where in_window or end_date = {{ policy('window_start_date') }}

),

final as (

    select
        shown.month,
        shown.first_date,
        shown.in_window,
        {{ money_sum('account_mrr_months.mrr_opening') }} as mrr_opening,
        {{ money_sum('account_mrr_months.mrr_closing') }} as mrr_closing,
        {{ money_sum('account_mrr_months.mrr_billed') }} as mrr_billed_closing,
        {{ money_sum('account_mrr_months.arr_closing') }} as arr_closing,
        {{ money_sum('account_mrr_months.mrr_closing_at_plan') }} as mrr_closing_at_plan,
        count(*) filter (where account_mrr_months.was_customer) as customers_opening,
        count(*) filter (where account_mrr_months.is_customer) as customers_closing
    from shown
    left join account_mrr_months
        on shown.month = account_mrr_months.month
    group by all

)

select * from final
