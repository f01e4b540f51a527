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

opportunity_stages as (

    select * from {{ ref('opportunity_stage') }}

),

forecast_categories as (

    select * from {{ ref('forecast_category_map') }}

),

resolved as (

    select
        opportunity_records.*,
        opportunity_map.opportunity_id,
        account_map.account_id,
        owner_map.owner_id,
        opportunity_stages.stage,
        forecast_categories.forecast_category as told_forecast_category,
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
    left join opportunity_stages
        on
            opportunity_records.source = opportunity_stages.source
            and opportunity_records.source_stage = opportunity_stages.source_stage
            and coalesce(opportunity_records.pipeline, '')
            = coalesce(opportunity_stages.pipeline, '')
    left join forecast_categories
        on
            {{ folded('opportunity_records.source_forecast_category') }}
            = forecast_categories.source_category

),

measured as (

    select * replace ({{ percentage('probability_pct') }} as probability_pct)
    from resolved

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
        case
            when renewal_base_amount is not null then coalesce(renewal_base_currency, currency)
        end as renewal_base_currency,
        renewal_base_amount,
        renewal_due_date,
        created_at,
        close_date,
        stage,
        is_closed,
        is_won,
        probability_pct,
        {{ forecast_category('told_forecast_category') }} as forecast_category,
        lost_reason,
        next_step,
        is_deleted,
        pipeline,
        source_stage,
        updated_at,
        source,
        source_record_id,
        _extracted_at
    from measured

)

select * from final
