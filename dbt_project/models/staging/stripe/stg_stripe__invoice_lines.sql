with

source as (

    select * from {{ latest_version(source('stripe', 'invoices')) }}

),

lines as (

    select
        *,
        unnest({{ json_list('payload', '$.lines.data') }}) as line
    from source

),

-- Where a line says what it bills moved in March 2025.
placed as (

    select
        *,
        coalesce(
            {{ json_text('line', '$.parent.subscription_item_details.subscription_item') }},
            {{ json_text('line', '$.subscription_item') }}
        ) as subscription_item_id,
        coalesce(
            {{ json_text('line', '$.parent.subscription_item_details.subscription') }},
            {{ json_text('line', '$.parent.invoice_item_details.subscription') }},
            {{ json_text('line', '$.subscription') }}
        ) as subscription_id,
        coalesce(
            {{ json_text('line', '$.parent.subscription_item_details.proration') }},
            {{ json_text('line', '$.parent.invoice_item_details.proration') }},
            {{ json_text('line', '$.proration') }}
        ) = 'true' as is_proration
    from lines

),

renamed as (

    select
        -- ids
        {{ json_text('line', '$.id') }} as invoice_line_id,
        _key as invoice_id,
        subscription_id,
        subscription_item_id,
        coalesce(
            {{ json_text('line', '$.pricing.price_details.price') }},
            {{ json_text('line', '$.price.id') }}
        ) as price_id,
        coalesce(
            {{ json_text('line', '$.pricing.price_details.product') }},
            {{ json_text('line', '$.price.product') }}
        ) as product_id,

        -- strings
        case
            when is_proration then 'proration'
            when subscription_item_id is null then 'one_time'
            when {{ json_text('line', '$.price.recurring.usage_type') }} = 'metered' then 'usage'
            else 'recurring'
        end as line_type,
        {{ json_text('line', '$.description') }} as description,
        upper({{ json_text('line', '$.currency') }}) as currency,

        -- numbers
        {{ as_integer(json_text('line', '$.quantity')) }} as quantity,
        {{ from_minor_units(
            'coalesce(' ~ json_text('line', '$.pricing.unit_amount_decimal') ~ ', '
            ~ json_text('line', '$.price.unit_amount_decimal') ~ ')',
            json_text('line', '$.currency'), 12
        ) }} as unit_amount,
        {{ from_minor_units(json_text('line', '$.amount'), json_text('line', '$.currency')) }}
            as gross_amount,
        {{ from_minor_units(
            json_sum('line', '$.discount_amounts[*].amount'), json_text('line', '$.currency')
        ) }} as discount_amount,
        {{ from_minor_units(
            json_sum('line', '$.taxes[*].amount') ~ ' + ' ~ json_sum('line', '$.tax_amounts[*].amount'),
            json_text('line', '$.currency')
        ) }} as tax,
        {{ from_minor_units(
            'try_cast(' ~ json_text('line', '$.amount') ~ ' as bigint) - '
            ~ json_sum('line', '$.discount_amounts[*].amount') ~ ' - ' ~ stripe_included_tax('line'),
            json_text('line', '$.currency')
        ) }} as amount,

        -- booleans
        _deleted as is_deleted,

        -- timestamps
        {{ from_unix_seconds(json_text('line', '$.period.start')) }} as period_started_at,
        {{ from_unix_seconds(json_text('line', '$.period.end')) }} as period_ended_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from placed

)

select * from renamed
