with

invoices as (

    select * from {{ ref('stg_stripe__invoices') }}
    where not is_deleted

),

credit_notes as (

    select * from {{ ref('stg_stripe__credit_notes') }}
    where not is_deleted

),

account_map as (

    select * from {{ ref('account_map') }}

),

documents as (

    select
        invoice_id,
        document_type,
        customer_id,
        currency,
        status,
        issued_at,
        tax,
        invoice_number,
        null as credited_invoice_id,
        invoice_id as source_record_id,
        _extracted_at
    from invoices

    union all

    -- A credit note stands and falls with its invoice: what is not owed cannot be given back.
    select
        credit_notes.credit_note_id as invoice_id,
        credit_notes.document_type,
        credit_notes.customer_id,
        credit_notes.currency,
        case
            when credit_notes.status = 'void' then 'void'
            when invoices.status in ('void', 'uncollectible') then invoices.status
            else 'paid'
        end as status,
        credit_notes.issued_at,
        -credit_notes.tax as tax,
        credit_notes.credit_note_number as invoice_number,
        credit_notes.invoice_id as credited_invoice_id,
        credit_notes.credit_note_id as source_record_id,
        credit_notes._extracted_at
    from credit_notes
    left join invoices
        on credit_notes.invoice_id = invoices.invoice_id

),

final as (

    select
        documents.invoice_id,
        documents.document_type,
        account_map.account_id,
        documents.currency,
        documents.status,
        documents.issued_at,
        cast(documents.tax as decimal(18, 3)) as tax,
        documents.invoice_number,
        documents.credited_invoice_id,
        'stripe' as source,
        documents.source_record_id,
        documents._extracted_at
    from documents
    left join account_map
        on
            {{ record_reference('stripe', 'customers', 'documents.customer_id') }}
            = account_map.record_reference

)

select * from final
