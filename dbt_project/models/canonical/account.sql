with

company_records as (

    select * from {{ ref('company_records') }}

),

account_map as (

    select * from {{ ref('account_map') }}

),

account_values as (

    select * from {{ ref('account_values') }}

),

account_hierarchy as (

    select * from {{ ref('account_hierarchy') }}

),

-- Whether to count a deleted record is decided as for the values.
known as (

    select
        account_map.account_id,
        account_map.created_at,
        {{ may_speak('account_map.account_id', 'account_map') }} as may_speak
    from account_map

),

first_known as (

    select
        account_id,
        min(created_at) as created_at
    from known
    where may_speak
    group by account_id

),

unified as (

    select
        account_id,
        {{ golden_value('account_name') }} as account_name,
        {{ golden_value('domain') }} as domain,
        {{ golden_value('country') }} as country,
        {{ golden_value('industry') }} as industry,
        {{ golden_value('employee_count', 'integer') }} as employee_count,
        {{ golden_value('segment') }} as segment,
        {{ golden_value('billing_currency') }} as billing_currency,
        {{ golden_value('is_target_account', 'boolean') }} as is_target_account,
        {{ golden_value('corporate_number') }} as corporate_number,
        {{ golden_value('owner_id') }} as owner_id,
        {{ golden_value('record') }} as record_reference
    from account_values
    group by account_id

),

final as (

    select
        unified.account_id,
        unified.account_name,
        unified.domain,
        unified.country,
        unified.industry,
        unified.employee_count,
        coalesce(unified.segment, {{ segment('unified.employee_count') }}) as segment,
        unified.billing_currency,
        unified.owner_id,
        coalesce(unified.is_target_account, false) as is_target_account,
        first_known.created_at,
        unified.corporate_number,
        account_hierarchy.parent_account_id,
        coalesce(account_hierarchy.ultimate_parent_account_id, unified.account_id)
            as ultimate_parent_account_id,
        company_records.source,
        company_records.source_record_id,
        company_records._extracted_at
    from unified
    inner join first_known
        on unified.account_id = first_known.account_id
    inner join company_records
        on unified.record_reference = company_records.record_reference
    left join account_hierarchy
        on unified.account_id = account_hierarchy.account_id

)

select * from final
