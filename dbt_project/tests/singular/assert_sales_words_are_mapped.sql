-- A word that no seed knows is told in the tool's own, or not at all: see the seeds of each fact.
{{ config(severity='warn') }}

with

used as (

    -- Without a line the stage keeps the tool's label.
    select
        'opportunity_stage_map' as seed,
        stages.source,
        coalesce(stages.stage_label, stages.source_stage) as word
    from {{ ref('opportunity_stage') }} as stages
    where
        not stages.is_mapped
        and stages.stage in (
            select history.stage
            from {{ ref('opportunity_stage_history') }} as history
        )

    union

    -- Without a line the type is the default.
    select
        'opportunity_type_map' as seed,
        records.source,
        records.source_type as word
    from {{ ref('opportunity_records') }} as records
    left join {{ ref('opportunity_type_map') }} as known
        on records.normalised_type = known.source_type
    where records.source_type is not null and known.source_type is null

    union

    -- Without a line the category is implied.
    select
        'forecast_category_map' as seed,
        records.source,
        records.source_forecast_category as word
    from {{ ref('opportunity_records') }} as records
    left join {{ ref('forecast_category_map') }} as known
        on {{ folded('records.source_forecast_category') }} = known.source_category
    where records.source_forecast_category is not null and known.source_category is null

    union

    -- Without a line the tool's own kind decides.
    select
        'activity_type_map' as seed,
        'salesforce' as source,
        tasks.task_type as word
    from {{ ref('stg_salesforce__tasks') }} as tasks
    left join {{ ref('activity_type_map') }} as known
        on
            {{ folded('tasks.task_type') }} = known.source_type
            and (known.source is null or known.source = 'salesforce')
    where tasks.task_type is not null and known.source_type is null

    union

    select
        'activity_type_map' as seed,
        'salesforce' as source,
        tasks.task_subtype as word
    from {{ ref('stg_salesforce__tasks') }} as tasks
    left join {{ ref('activity_type_map') }} as known
        on
            {{ folded('tasks.task_subtype') }} = known.source_type
            and (known.source is null or known.source = 'salesforce')
    where tasks.task_subtype is not null and known.source_type is null

    union

    select
        'activity_type_map' as seed,
        'salesforce' as source,
        events.event_type as word
    from {{ ref('stg_salesforce__events') }} as events
    left join {{ ref('activity_type_map') }} as known
        on
            {{ folded('events.event_type') }} = known.source_type
            and (known.source is null or known.source = 'salesforce')
    where events.event_type is not null and known.source_type is null

    union

    -- Without a line the direction is the default.
    select
        'activity_direction_map' as seed,
        'salesforce' as source,
        coalesce(tasks.call_type, tasks.direction_label) as word
    from {{ ref('stg_salesforce__tasks') }} as tasks
    left join {{ ref('activity_direction_map') }} as known
        on {{ folded('coalesce(tasks.call_type, tasks.direction_label)') }} = known.source_direction
    where
        coalesce(tasks.call_type, tasks.direction_label) is not null
        and known.source_direction is null

)

select * from used
