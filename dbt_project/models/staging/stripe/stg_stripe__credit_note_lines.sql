with

source as (

    select * from {{ latest_version(source('stripe', 'credit_notes')) }}

),

lines as (

    select
        *,
        unnest({{ json_list('payload', '$.lines.data') }}) as line
    from source

),

renamed as (

    select
        -- ids
        {{ json_text('line', '$.id') }} as credit_note_line_id,
        _key as credit_note_id,
        {{ json_text('line', '$.invoice_line_item') }} as invoice_line_id,

        -- strings
        'credit_note' as line_type,
        {{ json_text('line', '$.description') }} as description,
        upper({{ json_text('payload', '$.currency') }}) as currency,

        -- numbers
        {{ from_minor_units(
            '-(try_cast(' ~ json_text('line', '$.amount') ~ ' as bigint) - coalesce(try_cast('
            ~ json_text('line', '$.discount_amount') ~ ' as bigint), 0) - '
            ~ stripe_included_tax('line') ~ ')',
            json_text('payload', '$.currency')
        ) }} as amount,
        {{ from_minor_units(
            json_sum('line', '$.taxes[*].amount') ~ ' + ' ~ json_sum('line', '$.tax_amounts[*].amount'),
            json_text('payload', '$.currency')
        ) }} as tax,

        -- booleans
        _deleted as is_deleted,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from lines

)

select * from renamed
