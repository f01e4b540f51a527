with

invoices as (

    select * from {{ ref('stg_stripe__invoices') }}
    where not is_deleted

),

invoice_lines as (

    select * from {{ ref('stg_stripe__invoice_lines') }}
    where not is_deleted

),

prices as (

    select * from {{ ref('stg_stripe__prices') }}

),

credit_notes as (

    select * from {{ ref('stg_stripe__credit_notes') }}
    where not is_deleted

),

credit_note_lines as (

    select * from {{ ref('stg_stripe__credit_note_lines') }}
    where not is_deleted

),

-- Only the oldest shape of a line shows what its price counts.
billed as (

    select
        invoice_lines.invoice_line_id,
        invoice_lines.invoice_id,
        case
            when invoice_lines.line_type = 'recurring' and prices.usage_type = 'metered'
                then 'usage'
            else invoice_lines.line_type
        end as line_type,
        invoice_lines.amount,
        {{ business_date('invoice_lines.period_started_at') }} as period_start,
        {{ business_date('invoice_lines.period_ended_at') }} as period_end,
        invoice_lines.product_id,
        invoice_lines.invoice_line_id as source_record_id,
        invoice_lines._extracted_at
    from invoice_lines
    inner join invoices
        on invoice_lines.invoice_id = invoices.invoice_id
    left join prices
        on invoice_lines.price_id = prices.price_id

),

-- What is given back counts on the day of the note, so it has no period.
credited as (

    select
        credit_note_lines.credit_note_line_id as invoice_line_id,
        credit_note_lines.credit_note_id as invoice_id,
        credit_note_lines.line_type,
        credit_note_lines.amount,
        null as period_start,
        null as period_end,
        invoice_lines.product_id,
        credit_note_lines.credit_note_line_id as source_record_id,
        credit_note_lines._extracted_at
    from credit_note_lines
    inner join credit_notes
        on credit_note_lines.credit_note_id = credit_notes.credit_note_id
    left join invoice_lines
        on credit_note_lines.invoice_line_id = invoice_lines.invoice_line_id

),

-- A note of a bare amount has no lines.
credited_at_once as (

    select
        credit_notes.credit_note_id || ':amount' as invoice_line_id,
        credit_notes.credit_note_id as invoice_id,
        'credit_note' as line_type,
        credit_notes.tax - credit_notes.total as amount,
        null as period_start,
        null as period_end,
        null as product_id,
        credit_notes.credit_note_id as source_record_id,
        credit_notes._extracted_at
    from credit_notes
    left join credit_note_lines
        on credit_notes.credit_note_id = credit_note_lines.credit_note_id
    where credit_note_lines.credit_note_line_id is null

),

lines as (

    select * from billed
    union all
    select * from credited
    union all
    select * from credited_at_once

),

final as (

    select
        invoice_line_id,
        invoice_id,
        line_type,
        cast(amount as decimal(18, 3)) as amount,
        -- What has no length happens at an instant: it is served when it is billed.
        case when period_start < period_end then cast(period_start as date) end as period_start,
        case when period_start < period_end then cast(period_end as date) end as period_end,
        product_id,
        'stripe' as source,
        source_record_id,
        _extracted_at
    from lines

)

select * from final
