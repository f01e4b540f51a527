with

opportunity_records as (

    select * from {{ ref('opportunity_records') }}

),

-- A mirror is the same opportunity told twice; only the record of truth is told on.
opportunity_map as (

    select * from {{ ref('opportunity_map') }}
    where is_record_of_truth

),

account_map as (

    select * from {{ ref('account_map') }}

),

owner_map as (

    select * from {{ ref('owner_map') }}

),

opportunity_types as (

    select * from {{ ref('opportunity_type_map') }}

),

resolved as (

    select
        opportunity_records.*,
        opportunity_map.opportunity_id,
        account_map.account_id,
        owner_map.owner_id,
        coalesce(opportunity_types.opportunity_type, '{{ var("default_opportunity_type") }}')
            as opportunity_type
    from opportunity_records
    inner join opportunity_map
        on opportunity_records.record_reference = opportunity_map.record_reference
    left join account_map
        on opportunity_records.company_reference = account_map.record_reference
    left join owner_map
        on opportunity_records.owner_reference = owner_map.record_reference
    left join opportunity_types
        on opportunity_records.normalised_type = opportunity_types.source_type

),

final as (

    select
        opportunity_id,
        account_id,
        owner_id,
        opportunity_name,
        opportunity_type,
        currency,
        amount,
        cast(null as varchar) as renewal_base_currency,
        cast(null as decimal(18, 2)) as renewal_base_amount,
        cast(null as date) as renewal_due_date,
        created_at,
        close_date,
        stage,
        is_closed,
        is_won,
        {{ percentage('probability_pct') }} as probability_pct,
        {{ forecast_category('forecast_category') }} as forecast_category,
        lost_reason,
        next_step,
        is_deleted,
        source,
        source_record_id,
        _extracted_at
    from resolved

)

select * from final
