with

revenue_lines as (

    select * from {{ ref('revenue_lines') }}

),

recognised_revenue_months as (

    select * from {{ ref('recognised_revenue_months') }}

),

account_mrr_months as (

    select * from {{ ref('account_mrr_months') }}

),

months as (

    select * from {{ ref('policy_periods') }}
    where is_month

),

account as (

    select * from {{ ref('account') }}

),

invoiced as (

    select
        revenue_lines.account_id,
        months.period as month,
        {{ money_sum('revenue_lines.amount') }} as invoiced_revenue,
        {{ money_sum('revenue_lines.amount_at_plan') }} as invoiced_revenue_at_plan,
        count(*) filter (where revenue_lines.amount is null) as unconverted_line_count
    from revenue_lines
    inner join months
        on
            revenue_lines.issued_on >= months.first_date
            and revenue_lines.issued_on < months.end_date
    group by revenue_lines.account_id, months.period

),

recognised as (

    select
        revenue_lines.account_id,
        recognised_revenue_months.month,
        {{ money_sum('recognised_revenue_months.recognised_amount') }} as recognised_revenue
    from recognised_revenue_months
    inner join revenue_lines
        on recognised_revenue_months.invoice_line_id = revenue_lines.invoice_line_id
    group by revenue_lines.account_id, recognised_revenue_months.month

),

account_months as (

    select
        account_id,
        month
    from invoiced

    union

    select
        account_id,
        month
    from recognised

    union

    select
        account_id,
        month
    from account_mrr_months

),

final as (

    select
        coalesce(account_months.account_id, '') || ' ' || account_months.month as account_month,
        account_months.account_id,
        account.account_name,
        account.segment,
        account_months.month,
        months.first_date as month_date,
        months.in_window,
        coalesce(invoiced.invoiced_revenue, 0) as invoiced_revenue,
        coalesce(invoiced.invoiced_revenue_at_plan, 0) as invoiced_revenue_at_plan,
        coalesce(invoiced.unconverted_line_count, 0) as unconverted_line_count,
        coalesce(recognised.recognised_revenue, 0) as recognised_revenue,
        coalesce(account_mrr_months.mrr_opening, 0) as mrr_opening,
        coalesce(account_mrr_months.mrr_closing, 0) as mrr_closing,
        coalesce(account_mrr_months.mrr_billed, 0) as mrr_billed,
        coalesce(account_mrr_months.arr_closing, 0) as arr_closing,
        coalesce(account_mrr_months.was_customer, false) as was_customer,
        coalesce(account_mrr_months.is_customer, false) as is_customer
    from account_months
    inner join months
        on account_months.month = months.period
    left join invoiced
        on
            account_months.account_id is not distinct from invoiced.account_id
            and account_months.month = invoiced.month
    left join recognised
        on
            account_months.account_id is not distinct from recognised.account_id
            and account_months.month = recognised.month
    left join account_mrr_months
        on
            account_months.account_id = account_mrr_months.account_id
            and account_months.month = account_mrr_months.month
    left join account
        on account_months.account_id = account.account_id

)

select * from final
