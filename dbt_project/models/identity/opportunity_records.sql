with

hubspot_deals as (

    select * from {{ ref('stg_hubspot__deals') }}

),

salesforce_opportunities as (

    select * from {{ ref('stg_salesforce__opportunities') }}

),

deals as (

    select
        {{ record_reference('hubspot', 'deals', 'deal_id') }} as record_reference,
        'salesforce:opportunities' as mirrored_object,
        salesforce_opportunity_id as mirrored_record_id,
        {{ record_reference('hubspot', 'companies', 'company_id') }} as company_reference,
        {{ record_reference('hubspot', 'owners', 'owner_id') }} as owner_reference,
        deal_name as opportunity_name,
        deal_type as source_type,
        coalesce(deal_currency_code, {{ tool_currency('hubspot') }}) as currency,
        amount,
        {{ as_decimal(first_property('properties', var('renewal_base_amount_fields'))) }}
            as renewal_base_amount,
        {{ first_property('properties', var('renewal_base_currency_fields')) }}
            as renewal_base_currency,
        {{ as_date(first_property('properties', var('renewal_due_date_fields'))) }}
            as renewal_due_date,
        pipeline,
        deal_stage as source_stage,
        is_closed or is_closed_won as is_closed,
        is_closed_won as is_won,
        deal_stage_probability * 100 as probability_pct,
        forecast_category as source_forecast_category,
        closed_lost_reason as lost_reason,
        next_step,
        {{ business_date('close_at') }} as close_date,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from hubspot_deals

),

opportunities as (

    select
        {{ record_reference('salesforce', 'opportunities', 'opportunity_id') }} as record_reference,
        null as mirrored_object,
        null as mirrored_record_id,
        {{ record_reference('salesforce', 'accounts', 'account_id') }} as company_reference,
        {{ record_reference('salesforce', 'users', 'owner_id') }} as owner_reference,
        opportunity_name,
        opportunity_type as source_type,
        coalesce(currency, {{ tool_currency('salesforce') }}) as currency,
        amount,
        {{ as_decimal(first_property('fields', var('renewal_base_amount_fields'))) }}
            as renewal_base_amount,
        {{ first_property('fields', var('renewal_base_currency_fields')) }}
            as renewal_base_currency,
        {{ as_date(first_property('fields', var('renewal_due_date_fields'))) }} as renewal_due_date,
        null as pipeline,
        stage_name as source_stage,
        is_closed or is_won as is_closed,
        is_won,
        probability as probability_pct,
        forecast_category_name as source_forecast_category,
        lost_reason,
        next_step,
        close_date,
        is_deleted,
        created_at,
        updated_at,
        _extracted_at
    from salesforce_opportunities

),

records as (

    select * from deals

    union all

    select * from opportunities

),

final as (

    select
        * replace (
            upper(currency) as currency,
            upper(renewal_base_currency) as renewal_base_currency
        ),
        {{ reference_parts('record_reference') }},
        {{ folded('source_type') }} as normalised_type
    from records

)

select * from final
