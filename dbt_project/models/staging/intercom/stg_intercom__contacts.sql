with

source as (

    select * from {{ latest_version(source('intercom', 'contacts')) }}

),

renamed as (

    select
        -- ids
        _key as contact_id,
        {{ json_text('payload', '$.external_id') }} as external_id,
        {{ json_text('payload', '$.owner_id') }} as owner_admin_id,
        {{ json_texts('payload', '$.companies.data[*].id') }} as company_ids,

        -- strings
        {{ json_text('payload', '$.role') }} as role,
        {{ json_text('payload', '$.name') }} as contact_name,
        {{ json_text('payload', '$.email') }} as email,
        {{ json_text('payload', '$.phone') }} as phone,
        {{ json_text('payload', '$.location.country') }} as country,
        {{ json_text('payload', '$.browser') }} as browser,
        {{ json_text('payload', '$.os') }} as os,
        {{ json_text('payload', '$.custom_attributes') }} as custom_attributes,

        -- booleans
        {{ as_boolean(json_text('payload', '$.has_hard_bounced')) }} as has_hard_bounced,
        {{ as_boolean(json_text('payload', '$.unsubscribed_from_emails')) }} as has_unsubscribed,
        {{ as_boolean(json_text('payload', '$.marked_email_as_spam')) }} as has_marked_as_spam,
        {{ as_boolean(json_text('payload', '$.companies.has_more')) }} as has_more_companies,
        _deleted as is_deleted,

        -- timestamps
        {{ from_unix_seconds(json_text('payload', '$.signed_up_at')) }} as signed_up_at,
        {{ from_unix_seconds(json_text('payload', '$.last_seen_at')) }} as last_seen_at,
        {{ from_unix_seconds(json_text('payload', '$.last_replied_at')) }} as last_replied_at,
        {{ from_unix_seconds(json_text('payload', '$.last_contacted_at')) }} as last_contacted_at,
        {{ from_unix_seconds(json_text('payload', '$.created_at')) }} as created_at,
        {{ from_unix_seconds(json_text('payload', '$.updated_at')) }} as updated_at,

        -- lineage
        _key,
        _extracted_at,
        _run_id
    from source

)

select * from renamed
