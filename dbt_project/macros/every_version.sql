{#
Every version of every key of a raw log that was landed alive, numbered from its first.

Where the model stands already, only the keys that a run landed since are read again, all their
versions: see latest_version.
#}
{% macro every_version(log) -%}
    {{ return(adapter.dispatch('every_version')(log)) }}
{%- endmacro %}

{% macro default__every_version(log) -%}
    (
        select
            _key,
            payload,
            _deleted,
            _extracted_at,
            _run_id,
            row_number() over (
                partition by _key
                order by _extracted_at, _run_id, _cursor
            ) as version_number
        from {{ log }}
        where
            not _deleted
            {%- if is_incremental() %}
            and _key in ({{ unseen_keys(log) }})
            {%- endif %}
    )
{%- endmacro %}
