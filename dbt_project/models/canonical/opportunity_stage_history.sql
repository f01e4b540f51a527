with

opportunities as (

    select * from {{ ref('opportunity') }}

),

opportunity_stages as (

    select * from {{ ref('opportunity_stage') }}

),

forecast_categories as (

    select * from {{ ref('forecast_category_map') }}

),

salesforce_histories as (

    select * from {{ ref('stg_salesforce__opportunity_histories') }}

),

salesforce_changes as (

    select * from {{ ref('stg_salesforce__opportunity_field_histories') }}
    where field_name in ('StageName', 'Amount', 'CloseDate', 'Probability', 'ForecastCategoryName')

),

hubspot_values as (

    select * from {{ ref('stg_hubspot__property_histories') }}
    where
        object_type = 'deals'
        and property_name in (
            'dealstage',
            'pipeline',
            'amount',
            'closedate',
            'hs_deal_stage_probability',
            'hs_manual_forecast_category'
        )

),

-- From here on null is what was not told, and an empty text what was emptied.
salesforce_told as (

    select
        'salesforce' as source,
        opportunity_id as source_record_id,
        is_deleted,
        entered_at as told_at,
        2 as precedence,
        opportunity_history_id as tie,
        stage_name as stage,
        coalesce(cast(amount as varchar), '') as amount,
        coalesce(cast(probability as varchar), '') as probability,
        coalesce(cast(close_date as varchar), '') as close_date,
        coalesce(forecast_category, '') as forecast_category
    from salesforce_histories

),

-- Changes of single fields add what the stage history leaves out.
salesforce_fields_told as (

    select
        'salesforce' as source,
        opportunity_id as source_record_id,
        is_deleted,
        changed_at as told_at,
        1 as precedence,
        opportunity_field_history_id as tie,
        case when field_name = 'StageName' then coalesce(new_value, '') end as stage,
        case when field_name = 'Amount' then coalesce(new_value, '') end as amount,
        case when field_name = 'Probability' then coalesce(new_value, '') end as probability,
        case when field_name = 'CloseDate' then coalesce(left(new_value, 10), '') end as close_date,
        case when field_name = 'ForecastCategoryName' then coalesce(new_value, '') end
            as forecast_category
    from salesforce_changes

),

-- Where there is no stage history, what a field was before its first change it was from the start.
salesforce_firsts_told as (

    select
        'salesforce' as source,
        opportunity_id as source_record_id,
        {{ first_by(
            "case when field_name = 'StageName' then coalesce(old_value, '') end",
            '(changed_at, opportunity_field_history_id)'
        ) }} as stage,
        {{ first_by(
            "case when field_name = 'Amount' then coalesce(old_value, '') end",
            '(changed_at, opportunity_field_history_id)'
        ) }} as amount,
        {{ first_by(
            "case when field_name = 'Probability' then coalesce(old_value, '') end",
            '(changed_at, opportunity_field_history_id)'
        ) }} as probability,
        {{ first_by(
            "case when field_name = 'CloseDate' then coalesce(left(old_value, 10), '') end",
            '(changed_at, opportunity_field_history_id)'
        ) }} as close_date,
        {{ first_by(
            "case when field_name = 'ForecastCategoryName' then coalesce(old_value, '') end",
            '(changed_at, opportunity_field_history_id)'
        ) }} as forecast_category
    from salesforce_changes
    where
        opportunity_id not in (
            select salesforce_histories.opportunity_id
            from salesforce_histories
            where salesforce_histories.opportunity_id is not null
        )
    group by opportunity_id

),

hubspot_told as (

    select
        'hubspot' as source,
        object_id as source_record_id,
        false as is_deleted,
        entered_at as told_at,
        1 as precedence,
        lpad(cast(seq as varchar), 6, '0') as tie,
        case when property_name = 'dealstage' then coalesce(property_value, '') end as stage,
        case when property_name = 'pipeline' then coalesce(property_value, '') end as pipeline,
        case when property_name = 'amount' then coalesce(property_value, '') end as amount,
        case
            when property_name = 'hs_deal_stage_probability'
                then coalesce(cast({{ as_decimal('property_value', 4) }} * 100 as varchar), '')
        end as probability,
        case
            when property_name = 'closedate'
                then
                    coalesce(
                        cast({{ business_date(as_timestamp('property_value')) }} as varchar), ''
                    )
        end as close_date,
        case
            when property_name = 'hs_manual_forecast_category' then coalesce(property_value, '')
        end as forecast_category
    from hubspot_values

),

told as (

    select * from salesforce_told

    union all by name

    select * from salesforce_fields_told

    union all by name

    select * from hubspot_told

),

-- The history of a deleted opportunity is deleted with it, and still its history.
told_of_opportunities as (

    select
        opportunities.opportunity_id,
        told.told_at,
        told.precedence,
        told.tie,
        told.stage,
        told.pipeline,
        told.amount,
        told.probability,
        told.close_date,
        told.forecast_category
    from told
    inner join opportunities
        on
            told.source = opportunities.source
            and told.source_record_id = opportunities.source_record_id
    where not told.is_deleted or opportunities.is_deleted

),

told_counts as (

    select
        opportunity_id,
        count(stage) as stage_count,
        count(amount) as amount_count,
        count(close_date) as close_date_count
    from told_of_opportunities
    group by opportunity_id

),

-- What no history tells of was so from the start, as far as anybody knows.
told_at_creation as (

    select
        opportunities.opportunity_id,
        coalesce(opportunities.created_at, opportunities.updated_at, opportunities._extracted_at)
            as told_at,
        0 as precedence,
        '' as tie,
        coalesce(
            firsts.stage,
            case when coalesce(told_counts.stage_count, 0) = 0 then opportunities.source_stage end
        ) as stage,
        opportunities.pipeline,
        coalesce(
            firsts.amount,
            case
                when coalesce(told_counts.amount_count, 0) = 0
                    then coalesce(cast(opportunities.amount as varchar), '')
            end
        ) as amount,
        coalesce(
            firsts.probability,
            case
                when told_counts.opportunity_id is null
                    then coalesce(cast(opportunities.probability_pct as varchar), '')
            end
        ) as probability,
        coalesce(
            firsts.close_date,
            case
                when coalesce(told_counts.close_date_count, 0) = 0
                    then coalesce(cast(opportunities.close_date as varchar), '')
            end
        ) as close_date,
        coalesce(
            firsts.forecast_category,
            case when told_counts.opportunity_id is null then opportunities.forecast_category end
        ) as forecast_category
    from opportunities
    left join told_counts
        on opportunities.opportunity_id = told_counts.opportunity_id
    left join salesforce_firsts_told as firsts
        on
            opportunities.source = firsts.source
            and opportunities.source_record_id = firsts.source_record_id

),

all_told as (

    select * from told_of_opportunities

    union all by name

    select * from told_at_creation

),

-- One save is one change, though its parts are stamped some milliseconds apart.
moments as (

    select
        opportunity_id,
        min(told_at) as entered_at,
        {{ last_by('stage', '(told_at, precedence, tie)') }} as stage,
        {{ last_by('pipeline', '(told_at, precedence, tie)') }} as pipeline,
        {{ last_by('amount', '(told_at, precedence, tie)') }} as amount,
        {{ last_by('probability', '(told_at, precedence, tie)') }} as probability,
        {{ last_by('close_date', '(told_at, precedence, tie)') }} as close_date,
        {{ last_by('forecast_category', '(told_at, precedence, tie)') }} as forecast_category
    from all_told
    group by opportunity_id, {{ second_of('told_at') }}

),

carried as (

    select
        opportunity_id,
        entered_at,
        nullif({{ carried_forward('stage') }}, '') as source_stage,
        nullif({{ carried_forward('pipeline') }}, '') as pipeline,
        {{ as_decimal(carried_forward('amount')) }} as amount,
        {{ as_decimal(carried_forward('probability')) }} as probability_pct,
        {{ as_date(carried_forward('close_date')) }} as close_date,
        {{ folded(carried_forward('forecast_category')) }} as source_forecast_category
    from moments

),

named as (

    select
        carried.opportunity_id,
        carried.entered_at,
        coalesce(own_stages.stage, lost_stages.stage, carried.source_stage) as stage,
        carried.amount,
        {{ percentage('coalesce(carried.probability_pct, own_stages.probability_pct)') }}
            as probability_pct,
        carried.close_date,
        coalesce(own_stages.is_closed, false) as is_closed,
        coalesce(own_stages.is_won, false) as is_won,
        forecast_categories.forecast_category as told_forecast_category
    from carried
    inner join opportunities
        on carried.opportunity_id = opportunities.opportunity_id
    left join opportunity_stages as own_stages
        on
            opportunities.source = own_stages.source
            and carried.source_stage = own_stages.source_stage
            and coalesce(carried.pipeline, '') = coalesce(own_stages.pipeline, '')
    left join opportunity_stages as lost_stages
        on
            opportunities.source = lost_stages.source
            and carried.source_stage = lost_stages.source_stage
            and carried.pipeline is not null
            and lost_stages.pipeline is null
    left join forecast_categories
        on carried.source_forecast_category = forecast_categories.source_category
    where carried.source_stage is not null

),

described as (

    select
        opportunity_id,
        entered_at,
        stage,
        amount,
        probability_pct,
        close_date,
        {{ forecast_category('told_forecast_category') }} as forecast_category
    from named

),

last_described as (

    select * from described
    qualify row_number() over (partition by opportunity_id order by entered_at desc) = 1

),

-- Where the history ends before the opportunity as it is, a last row tells of that.
as_it_is as (

    select
        opportunities.opportunity_id,
        greatest(
            coalesce(opportunities.updated_at, opportunities._extracted_at),
            coalesce(last_described.entered_at, opportunities.created_at)
        ) as entered_at,
        opportunities.stage,
        opportunities.amount,
        opportunities.probability_pct,
        opportunities.close_date,
        opportunities.forecast_category
    from opportunities
    left join last_described
        on opportunities.opportunity_id = last_described.opportunity_id
    where
        opportunities.stage is distinct from last_described.stage
        or opportunities.amount is distinct from last_described.amount
        or opportunities.probability_pct is distinct from last_described.probability_pct
        or opportunities.close_date is distinct from last_described.close_date
        or opportunities.forecast_category is distinct from last_described.forecast_category

),

timeline as (

    select described.*
    from described
    left join as_it_is
        on described.opportunity_id = as_it_is.opportunity_id
    where
        as_it_is.opportunity_id is null
        or described.entered_at < as_it_is.entered_at

    union all

    select * from as_it_is

),

compared as (

    select
        *,
        row_number() over by_time as moment,
        lag(stage) over by_time as previous_stage,
        lag(amount) over by_time as previous_amount,
        lag(probability_pct) over by_time as previous_probability_pct,
        lag(close_date) over by_time as previous_close_date,
        lag(forecast_category) over by_time as previous_forecast_category
    from timeline
    window by_time as (partition by opportunity_id order by entered_at)

),

changes as (

    select
        *,
        row_number() over (partition by opportunity_id order by moment) as seq
    from compared
    where
        moment = 1
        or stage is distinct from previous_stage
        or amount is distinct from previous_amount
        or probability_pct is distinct from previous_probability_pct
        or close_date is distinct from previous_close_date
        or forecast_category is distinct from previous_forecast_category

),

final as (

    select
        changes.opportunity_id,
        cast(changes.seq as integer) as seq,
        changes.stage,
        changes.amount,
        changes.probability_pct,
        changes.close_date,
        changes.forecast_category,
        changes.entered_at,
        changes.opportunity_id || '/' || changes.seq as opportunity_stage_history_id,
        opportunities.source,
        opportunities.source_record_id,
        opportunities._extracted_at
    from changes
    inner join opportunities
        on changes.opportunity_id = opportunities.opportunity_id

)

select * from final
