with

invoice_line as (

    select * from {{ ref('invoice_line') }}

),

invoice as (

    select * from {{ ref('invoice') }}
    where status in {{ policy_list('revenue_statuses') }}

),

rates as (

    select * from {{ ref('fx_rate_periods') }}

),

issued as (

    select
        invoice_line.invoice_line_id,
        invoice.account_id,
        invoice_line.line_type,
        invoice.currency,
        invoice_line.amount as local_amount,
        invoice_line.period_start,
        invoice_line.period_end,
        {{ business_date('invoice.issued_at') }} as issued_on
    from invoice_line
    inner join invoice
        on invoice_line.invoice_id = invoice.invoice_id
    where invoice.issued_at < {{ policy('as_of') }}

),

final as (

    select
        issued.invoice_line_id,
        issued.account_id,
        issued.line_type,
        issued.currency,
        issued.local_amount,
        issued.period_start,
        issued.period_end,
        issued.issued_on,
        spot.rate as spot_rate,
        {{ converted('issued.local_amount', 'spot.rate') }} as amount,
        {{ converted('issued.local_amount', 'plan.rate') }} as amount_at_plan
    from issued
    left join rates as spot
        on {{ rate_on('spot', "'spot'", 'issued.currency', 'issued.issued_on') }}
    left join rates as plan
        on {{ rate_on('plan', "'plan'", 'issued.currency', 'issued.issued_on') }}

)

select * from final
