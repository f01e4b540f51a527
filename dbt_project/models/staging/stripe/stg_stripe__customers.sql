with

source as (

    select * from {{ latest_version(source('stripe', 'customers')) }}

),

renamed as (

    select
        -- ids
        _key as customer_id,
        {{ json_text('payload', '$.metadata.salesforce_account_id') }} as salesforce_account_id,
        {{ json_text('payload', '$.metadata.hubspot_company_id') }} as hubspot_company_id,

        -- strings
        {{ json_text('payload', '$.name') }} as customer_name,
        lower({{ json_text('payload', '$.email') }}) as email,
        {{ json_text('payload', '$.metadata.domain') }} as domain,
        {{ json_text('payload', '$.description') }} as description,
        {{ json_text('payload', '$.phone') }} as phone,
        {{ json_text('payload', '$.address.country') }} as country,
        {{ json_text('payload', '$.tax_exempt') }} as tax_exempt,
        upper({{ json_text('payload', '$.currency') }}) as billing_currency,
        {{ json_part('payload', '$.metadata') }} as metadata,

        -- numbers
        {{ from_minor_units(
            json_text('payload', '$.balance'), json_text('payload', '$.currency')
        ) }}
            as balance,

        -- booleans
        {{ as_boolean(json_text('payload', '$.delinquent')) }} as is_delinquent,
        _deleted as is_deleted,

        -- timestamps
        {{ from_unix_seconds(json_text('payload', '$.created')) }} as created_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
