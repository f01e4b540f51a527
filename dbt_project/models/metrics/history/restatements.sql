-- The reports are noted where the values are made.
-- depends_on: {{ ref('metric_values') }}
with

metric_reports as (

    select * from {{ remembered('metric_reports') }}

),

metric_builds as (

    select * from {{ remembered('metric_builds') }}

),

successive as (

    select
        *,
        lag(build) over metric_dims as old_build,
        lag(is_reported) over metric_dims as was_reported,
        lag(value) over metric_dims as old_value,
        lag(reported_at) over metric_dims as old_reported_at,
        lag(invocation_id) over metric_dims as old_invocation_id
    from metric_reports
    window metric_dims as (partition by metric, dims order by build)

),

final as (

    select
        successive.metric || ' ' || successive.dims || ' ' || successive.build as restatement_key,
        successive.metric,
        successive.dims,
        case when successive.was_reported then successive.old_value end as old_value,
        successive.value as new_value,
        successive.unit,
        coalesce(successive.was_reported, false) as was_reported,
        successive.is_reported,
        case
            when present_build.choices != former_build.choices then 'policy'
            when present_build.definitions != former_build.definitions then 'definition'
            else 'data'
        end as because,
        successive.settled_at,
        successive.as_of,
        successive.old_reported_at,
        successive.old_invocation_id,
        successive.reported_at as restated_at,
        successive.invocation_id
    from successive
    inner join metric_builds as present_build on successive.build = present_build.build
    inner join metric_builds as former_build on successive.build - 1 = former_build.build
    where successive.is_restatement

)

select * from final
