with

pipelines as (

    select * from {{ ref('stg_hubspot__pipelines') }}
    where object_type = 'deals'

),

pipeline_stages as (

    select * from {{ ref('stg_hubspot__pipeline_stages') }}
    where object_type = 'deals'

),

deal_stages as (

    select * from {{ ref('stg_hubspot__property_histories') }}
    where object_type = 'deals' and property_name = 'dealstage' and property_value is not null

),

salesforce_histories as (

    select * from {{ ref('stg_salesforce__opportunity_histories') }}

),

salesforce_stage_changes as (

    select * from {{ ref('stg_salesforce__opportunity_field_histories') }}
    where field_name = 'StageName'

),

opportunity_records as (

    select * from {{ ref('opportunity_records') }}

),

stage_map as (

    select * from {{ ref('opportunity_stage_map') }}

),

-- What a tool itself says of its stages, those that it has no more included.
defined as (

    select
        'hubspot' as source,
        pipeline_stages.pipeline_id as pipeline,
        pipelines.pipeline_label,
        pipeline_stages.stage_id as source_stage,
        pipeline_stages.stage as stage_label,
        pipeline_stages.probability * 100 as probability_pct,
        pipeline_stages.is_closed,
        pipeline_stages.is_won,
        pipeline_stages._extracted_at
    from pipeline_stages
    left join pipelines
        on pipeline_stages._key = pipelines._key

),

-- What opportunities say of the stages that they are or were in.
told as (

    select
        source,
        pipeline,
        source_stage,
        is_closed,
        is_won,
        _extracted_at
    from opportunity_records
    where source_stage is not null

    union all by name

    select
        'salesforce' as source,
        stage_name as source_stage,
        _extracted_at
    from salesforce_histories
    where stage_name is not null

    union all by name

    select
        'salesforce' as source,
        old_value as source_stage,
        _extracted_at
    from salesforce_stage_changes
    where old_value is not null

    union all by name

    select
        'salesforce' as source,
        new_value as source_stage,
        _extracted_at
    from salesforce_stage_changes
    where new_value is not null

),

inferred as (

    select
        source,
        pipeline,
        source_stage,
        coalesce(bool_or(is_closed), false) as is_closed,
        coalesce(bool_or(is_won), false) as is_won,
        max(_extracted_at) as _extracted_at
    from told
    where
        not exists (
            select 1
            from defined
            where
                told.source = defined.source
                and told.pipeline = defined.pipeline
                and told.source_stage = defined.source_stage
        )
    group by source, pipeline, source_stage

),

-- A stage that was removed before anybody read its pipeline: only histories name it.
vanished as (

    select
        'hubspot' as source,
        property_value as source_stage,
        false as is_closed,
        false as is_won,
        max(_extracted_at) as _extracted_at
    from deal_stages
    where
        property_value not in (select defined.source_stage from defined)
        and property_value not in (
            select inferred.source_stage
            from inferred
            where inferred.source = 'hubspot'
        )
    group by property_value

),

stages as (

    select * from defined

    union all by name

    select * from inferred

    union all by name

    select * from vanished

),

normalised as (

    select
        *,
        source || ':' || coalesce(pipeline, '') || ':' || source_stage as stage_reference,
        {{ folded('source_stage') }} as normalised_stage,
        {{ folded('stage_label') }} as normalised_label,
        {{ folded('pipeline') }} as normalised_pipeline,
        {{ folded('pipeline_label') }} as normalised_pipeline_label
    from stages

),

-- The line that says most of where it holds comes first, and the id before the label.
mapped as (

    select
        normalised.stage_reference,
        {{ first_by(
            'stage_map.stage',
            "(stage_map.source is null, stage_map.pipeline is null,"
            ~ " stage_map.source_stage != normalised.normalised_stage, stage_map.stage)"
        ) }} as stage
    from normalised
    inner join stage_map
        on
            stage_map.source_stage in (normalised.normalised_stage, normalised.normalised_label)
            and (stage_map.source is null or normalised.source = stage_map.source)
            and (
                stage_map.pipeline is null
                or stage_map.pipeline in (
                    normalised.normalised_pipeline, normalised.normalised_pipeline_label
                )
            )
    group by normalised.stage_reference

),

final as (

    select
        {{ entity_id('ost', 'normalised.stage_reference') }} as opportunity_stage_id,
        normalised.pipeline,
        normalised.pipeline_label,
        normalised.source_stage,
        normalised.stage_label,
        coalesce(mapped.stage, normalised.stage_label, normalised.source_stage) as stage,
        mapped.stage is not null as is_mapped,
        {{ percentage('normalised.probability_pct') }} as probability_pct,
        normalised.is_closed,
        normalised.is_won,
        normalised.source,
        normalised.source_stage as source_record_id,
        normalised._extracted_at
    from normalised
    left join mapped
        on normalised.stage_reference = mapped.stage_reference

)

select * from final
