{#
What was reported, build by build. It lies in `ops`, which no build drops, and is appended to only:
`metric_builds` has a row per build that measured, `metric_reports` one per record that a build told
otherwise than the build before.
#}
{% macro prepare_metric_reports() -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        create schema if not exists ops;
        create table if not exists ops.metric_builds (
            build bigint not null, invocation_id varchar not null, reported_at timestamptz not null,
            as_of timestamptz not null, window_start_date date not null, window_end_date date not null,
            choices varchar not null, definitions varchar not null {{ primary_key('build') }}
        );
        create table if not exists ops.metric_reports (
            build bigint not null, metric varchar not null, dims varchar not null, value varchar,
            unit varchar, is_reported boolean not null, is_restatement boolean not null,
            settled_at timestamptz, as_of timestamptz not null, reported_at timestamptz not null,
            invocation_id varchar not null
        );
    {%- endif -%}
{%- endmacro %}

{#
Run when metric_values has been made, in the same transaction: notes the build and every record that
was not there before, is no longer there, or has another value or unit.

A record settles when its period ends: from then on only what comes in late, or another definition,
can change it. Without a period, and where what happens later counts by definition (`matures` in the
registry), it is seen from the as-of instant and never settles.

It is a restatement if the build before was asked the same question and gave another answer: both saw
the same part of the period. What enters or leaves with the window was never asked.
#}
{% macro report_metrics(registry, settings, periods) -%}
    insert into ops.metric_builds
    select
        coalesce(max(builds.build), 0) + 1,
        '{{ invocation_id }}',
        timestamptz '{{ env_var("REVOPS_CLOCK", run_started_at.isoformat()) }}',
        max(settings.as_of),
        max(settings.window_start_date),
        max(settings.window_end_date),
        max(settings.choices),
        '{{ definitions_digest() }}'
    from {{ settings }} as settings
    left join ops.metric_builds as builds on true;

    insert into ops.metric_reports
    with present_build as (
        from ops.metric_builds
        qualify build = max(build) over ()
    ),

    former_build as (
        from ops.metric_builds
        qualify build = max(build) over () - 1
    ),

    ends as (
        select
            period,
            first_date,
            end_date,
            {{ wall_clock('end_date', "'00:00'", policy('business_timezone')) }} as settled_at
        from {{ periods }}
    ),

    -- Told first, so that the join is one of equals: millions of records meet all periods otherwise.
    settling as (
        select
            metric_values.metric,
            metric_values.dims,
            metric_values.value,
            metric_values.unit,
            case
                when
                    {{ json_text('metric_values.dims', '$.as_of') }} is null
                    and not coalesce(registry.matures, false)
                    then
                        coalesce(
                            {{ json_text('metric_values.dims', '$.period') }},
                            {{ json_text('metric_values.dims', '$.month') }}
                        )
            end as period
        from {{ this }} as metric_values
        left join {{ registry }} as registry on metric_values.metric = registry.metric
        -- What somebody scores on a day is told anew every day, and what a touch earned is nobody's
        -- report: millions of records, and none is kept.
        where
            metric_values.metric not in ('attribution_revenue', 'attribution_weight')
            and (
                {{ json_text('metric_values.dims', '$.person_id') }} is null
                or {{ json_text('metric_values.dims', '$.as_of') }} is null
            )
    ),

    present as (
        select
            settling.metric,
            settling.dims,
            settling.value,
            settling.unit,
            ends.settled_at,
            ends.first_date,
            ends.end_date,
            true as is_reported
        from settling
        left join ends on settling.period = ends.period
    ),

    last_reports as (
        select
            metric,
            dims,
            arg_max(
                {
                    'value': value,
                    'unit': unit,
                    'is_reported': is_reported,
                    'settled_at': settled_at
                },
                build
            ) as last
        from ops.metric_reports
        group by metric, dims
    ),

    former as (
        select
            last_reports.metric,
            last_reports.dims,
            last_reports.last.value as value,
            last_reports.last.unit as unit,
            last_reports.last.settled_at as settled_at,
            ends.first_date,
            ends.end_date
        from last_reports
        left join ends on last_reports.last.settled_at = ends.settled_at
            and coalesce(
                {{ json_text('last_reports.dims', '$.period') }}, {{ json_text('last_reports.dims', '$.month') }}
            ) = ends.period
        where last_reports.last.is_reported
    ),

    changed as (
        select
            coalesce(present.metric, former.metric) as metric,
            coalesce(present.dims, former.dims) as dims,
            present.value,
            coalesce(present.unit, former.unit) as unit,
            present.metric is not null as is_reported,
            former.metric is not null as was_reported,
            case when present.metric is null then former.settled_at else present.settled_at end as settled_at,
            coalesce(present.first_date, former.first_date) as first_date,
            coalesce(present.end_date, former.end_date) as end_date
        from present
        full outer join former on present.metric = former.metric and present.dims = former.dims
        where
            present.metric is null
            or former.metric is null
            or present.value is distinct from former.value
            or present.unit is distinct from former.unit
    )

    select
        present_build.build,
        changed.metric,
        changed.dims,
        changed.value,
        changed.unit,
        changed.is_reported,
        former_build.build is not null
        and (
            least(coalesce(changed.settled_at, 'infinity'), present_build.as_of)
            = least(coalesce(changed.settled_at, 'infinity'), former_build.as_of)
            and (
                (changed.is_reported and changed.was_reported)
                or changed.settled_at is null
                or (
                    changed.first_date >= greatest(former_build.window_start_date, present_build.window_start_date)
                    and changed.end_date <= least(former_build.window_end_date, present_build.window_end_date)
                )
            )
        ) as is_restatement,
        changed.settled_at,
        present_build.as_of,
        present_build.reported_at,
        present_build.invocation_id
    from changed
    cross join present_build
    left join former_build on true
    order by changed.metric, changed.dims;
{%- endmacro %}

{# Stands for what the models and seeds below the marts say, and changes when one of them does. #}
{% macro definitions_digest() -%}
    {%- set sums = [] -%}
    {%- if execute -%}
        {%- for name, node in graph.nodes.items()
            if node.resource_type == 'seed'
            or (node.resource_type == 'model' and node.fqn[1] not in ('marts', 'activation')) -%}
            {%- do sums.append(name ~ node.checksum.checksum) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ local_md5(sums | sort | join(' ')) }}
{%- endmacro %}
