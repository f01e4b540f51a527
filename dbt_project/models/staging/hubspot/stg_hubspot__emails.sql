with

source as (

    select * from {{ latest_version(source('hubspot', 'emails')) }}

),

renamed as (

    select
        -- ids
        _key as email_id,
        {{ json_text('payload', '$.properties.hubspot_owner_id') }} as owner_id,

        -- strings
        {{ json_text('payload', '$.properties.hs_email_subject') }} as subject,
        {{ json_text('payload', '$.properties.hs_email_text') }} as body,
        case {{ json_text('payload', '$.properties.hs_email_direction') }}
            when 'EMAIL' then 'outbound'
            when 'FORWARDED_EMAIL' then 'outbound'
            when 'INCOMING_EMAIL' then 'inbound'
        end as direction,
        lower({{ json_text('payload', '$.properties.hs_email_direction') }}) as email_direction,
        lower({{ json_text('payload', '$.properties.hs_email_status') }}) as email_status,
        {{ json_text('payload', '$.properties.hs_email_from_email') }} as from_email,
        {{ json_text('payload', '$.properties.hs_email_to_email') }} as to_email,

        -- booleans
        _deleted or {{ as_boolean(json_text('payload', '$.archived')) }} as is_deleted,

        -- timestamps
        {{ as_timestamp(json_text('payload', '$.properties.hs_timestamp')) }} as occurred_at,
        {{ as_timestamp(json_text('payload', '$.createdAt')) }} as created_at,
        {{ as_timestamp(json_text('payload', '$.updatedAt')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
