with

source as (

    select * from {{ latest_version(source('stripe', 'invoices')) }}

),

renamed as (

    select
        -- ids
        _key as invoice_id,
        {{ json_text('payload', '$.customer') }} as customer_id,
        coalesce(
            {{ json_text('payload', '$.parent.subscription_details.subscription') }},
            {{ json_text('payload', '$.subscription') }}
        )
            as subscription_id,
        {{ json_text('payload', '$.number') }} as invoice_number,

        -- strings
        'invoice' as document_type,
        {{ json_text('payload', '$.status') }} as status,
        upper({{ json_text('payload', '$.currency') }}) as currency,
        {{ json_text('payload', '$.billing_reason') }} as billing_reason,
        {{ json_text('payload', '$.collection_method') }} as collection_method,

        -- numbers
        {{ from_minor_units(
            json_text('payload', '$.subtotal'), json_text('payload', '$.currency')
        ) }}
            as subtotal,
        {{ from_minor_units(
            json_sum('payload', '$.total_discount_amounts[*].amount'), json_text('payload', '$.currency')
        ) }}
            as discount_amount,
        {{ from_minor_units(
            json_sum('payload', '$.total_taxes[*].amount') ~ ' + '
            ~ json_sum('payload', '$.total_tax_amounts[*].amount'), json_text('payload', '$.currency')
        ) }}
            as tax,
        {{ from_minor_units(
            json_text('payload', '$.total'), json_text('payload', '$.currency')
        ) }}
            as total,
        {{ from_minor_units(
            json_text('payload', '$.amount_due'), json_text('payload', '$.currency')
        ) }}
            as amount_due,
        {{ from_minor_units(
            json_text('payload', '$.amount_paid'), json_text('payload', '$.currency')
        ) }}
            as amount_paid,
        {{ from_minor_units(
            json_text('payload', '$.amount_remaining'), json_text('payload', '$.currency')
        ) }}
            as amount_remaining,
        {{ from_minor_units(
            json_text('payload', '$.post_payment_credit_notes_amount'), json_text('payload', '$.currency')
        ) }}
            as credited_after_payment,
        {{ as_integer(json_text('payload', '$.attempt_count')) }} as attempt_count,

        -- booleans
        {{ as_boolean(json_text('payload', '$.auto_advance')) }} as is_advancing,
        _deleted as is_deleted,

        -- timestamps
        {{ from_unix_seconds(json_text('payload', '$.created')) }} as created_at,
        coalesce(
            {{ from_unix_seconds(json_text('payload', '$.effective_at')) }},
            {{ from_unix_seconds(json_text('payload', '$.status_transitions.finalized_at')) }},
            {{ from_unix_seconds(json_text('payload', '$.created')) }}
        )
            as issued_at,
        {{ from_unix_seconds(json_text('payload', '$.status_transitions.finalized_at')) }}
            as finalized_at,
        {{ from_unix_seconds(
            json_text('payload', '$.status_transitions.paid_at')
        ) }} as paid_at,
        {{ from_unix_seconds(json_text('payload', '$.status_transitions.voided_at')) }}
            as voided_at,
        {{ from_unix_seconds(
            json_text('payload', '$.status_transitions.marked_uncollectible_at')
        ) }}
            as marked_uncollectible_at,
        {{ from_unix_seconds(json_text('payload', '$.due_date')) }} as due_at,
        {{ from_unix_seconds(json_text('payload', '$.next_payment_attempt')) }}
            as next_payment_attempt_at,
        {{ from_unix_seconds(json_text('payload', '$.period_start')) }} as period_started_at,
        {{ from_unix_seconds(json_text('payload', '$.period_end')) }} as period_ended_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
