with

company_records as (

    select * from {{ ref('company_records') }}

),

account_map as (

    select * from {{ ref('account_map') }}

),

owner_map as (

    select * from {{ ref('owner_map') }}

),

country_names as (

    select * from {{ ref('country_names') }}

),

ranked as (

    select
        company_records.*,
        account_map.account_id,
        owner_map.owner_id,
        country_names.country,
        {{ survivorship_rank('account_map.account_id', 'company_records') }} as survivorship_rank,
        {{ may_speak('account_map.account_id', 'company_records') }} as may_speak
    from company_records
    inner join account_map
        on company_records.record_reference = account_map.record_reference
    left join owner_map
        on company_records.owner_reference = owner_map.record_reference
    left join country_names
        on {{ folded('company_records.country_name') }} = country_names.country_name

),

unified as (

    select
        account_id,
        {{ surviving('company_name') }} as account_name,
        {{ surviving('normalised_domain') }} as domain,
        {{ surviving('country') }} as country,
        {{ surviving('industry') }} as industry,
        {{ surviving('employee_count') }} as employee_count,
        {{ surviving('owner_id') }} as owner_id,
        min(created_at) as created_at,
        {{ surviving('source') }} as source,
        {{ surviving('source_record_id') }} as source_record_id,
        {{ surviving('_extracted_at') }} as _extracted_at
    from ranked
    where may_speak
    group by account_id

),

final as (

    select
        account_id,
        account_name,
        domain,
        country,
        industry,
        employee_count,
        {{ segment('employee_count') }} as segment,
        cast(null as varchar) as billing_currency,
        owner_id,
        cast(null as boolean) as is_target_account,
        created_at,
        source,
        source_record_id,
        _extracted_at
    from unified

)

select * from final
