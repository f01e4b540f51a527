with

source as (

    select * from {{ latest_version(source('stripe', 'credit_notes')) }}

),

renamed as (

    select
        -- ids
        _key as credit_note_id,
        {{ json_text('payload', '$.invoice') }} as invoice_id,
        {{ json_text('payload', '$.customer') }} as customer_id,
        {{ json_text('payload', '$.number') }} as credit_note_number,

        -- strings
        'credit_note' as document_type,
        {{ json_text('payload', '$.status') }} as status,
        upper({{ json_text('payload', '$.currency') }}) as currency,
        {{ json_text('payload', '$.reason') }} as reason,
        {{ json_text('payload', '$.type') }} as credit_note_type,

        -- numbers
        {{ from_minor_units(
            json_text('payload', '$.subtotal'), json_text('payload', '$.currency')
        ) }}
            as subtotal,
        {{ from_minor_units(
            json_text('payload', '$.discount_amount'), json_text('payload', '$.currency')
        ) }}
            as discount_amount,
        {{ from_minor_units(
            json_sum('payload', '$.total_taxes[*].amount') ~ ' + '
            ~ json_sum('payload', '$.tax_amounts[*].amount'), json_text('payload', '$.currency')
        ) }}
            as tax,
        {{ from_minor_units(
            json_text('payload', '$.total'), json_text('payload', '$.currency')
        ) }}
            as total,

        -- booleans
        _deleted as is_deleted,

        -- timestamps
        {{ from_unix_seconds(json_text('payload', '$.created')) }} as created_at,
        coalesce(
            {{ from_unix_seconds(json_text('payload', '$.effective_at')) }},
            {{ from_unix_seconds(json_text('payload', '$.created')) }}
        )
            as issued_at,
        {{ from_unix_seconds(json_text('payload', '$.voided_at')) }} as voided_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
