with

person_records as (

    select * from {{ ref('person_records') }}

),

person_map as (

    select * from {{ ref('person_map') }}

),

account_map as (

    select * from {{ ref('account_map') }}

),

domain_accounts as (

    select * from {{ ref('account_domains') }}

),

country_names as (

    select * from {{ ref('country_names') }}

),

lead_channels as (

    select * from {{ ref('lead_channel_map') }}

),

-- The tool's own link to a company counts first, the work address only where there is none.
ranked as (

    select
        person_records.*,
        person_map.person_id,
        account_map.account_id as linked_account_id,
        domain_accounts.account_id as domain_account_id,
        country_names.country,
        {{ snake_cased('person_records.source_channel') }} as channel,
        {{ survivorship_rank('person_map.person_id', 'person_records') }} as survivorship_rank,
        {{ may_speak('person_map.person_id', 'person_records') }} as may_speak
    from person_records
    inner join person_map
        on person_records.record_reference = person_map.record_reference
    left join account_map
        on person_records.company_reference = account_map.record_reference
    left join domain_accounts
        on person_records.work_domain = domain_accounts.domain
    left join country_names
        on {{ folded('person_records.country_name') }} = country_names.country_name

),

unified as (

    select
        person_id,
        coalesce({{ surviving('linked_account_id') }}, {{ surviving('domain_account_id') }})
            as account_id,
        {{ surviving('full_name') }} as full_name,
        {{ surviving('normalised_email') }} as email,
        {{ surviving('title') }} as title,
        {{ surviving('department') }} as department,
        {{ surviving('country') }} as country,
        {{ surviving('channel') }} as channel,
        min(created_at) as created_at,
        bool_and(is_deleted) as is_deleted,
        {{ surviving('source') }} as source,
        {{ surviving('source_record_id') }} as source_record_id,
        {{ surviving('_extracted_at') }} as _extracted_at
    from ranked
    where may_speak
    group by person_id

),

final as (

    select
        unified.person_id,
        unified.account_id,
        unified.full_name,
        unified.email,
        unified.title,
        unified.department,
        cast(null as varchar) as seniority,
        unified.country,
        coalesce(lead_channels.lead_channel, unified.channel) as lead_channel,
        unified.created_at,
        unified.is_deleted,
        unified.source,
        unified.source_record_id,
        unified._extracted_at
    from unified
    left join lead_channels
        on unified.channel = lead_channels.source_channel

)

select * from final
