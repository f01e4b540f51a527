{#
One row per key of a raw log: its newest version.

A tombstone often carries the key alone, so a deleted record keeps the last payload it had while it
lived; that it is deleted, and since which run, comes from the tombstone. One hash aggregate instead
of a window: a third of the time on a log of 600,000 versions. Of most keys there is one version
only: they pass by, or the payloads of millions of events would have to be in memory at one time.

Where the model stands already, only the keys that a run landed since are read again, with all their
versions: the cost follows the change.
#}
{% macro latest_version(log) -%}
    {{ return(adapter.dispatch('latest_version')(log)) }}
{%- endmacro %}

{% macro default__latest_version(log) -%}
    {%- set versions -%}
        {{ log }}
        {%- if is_incremental() %}
        where _key in ({{ unseen_keys(log) }})
        {%- endif %}
    {%- endset -%}
    (
        with changed as (
            select _key
            from {{ versions }}
            group by _key
            having count(*) > 1
        )

        select
            _key,
            payload,
            _deleted,
            _extracted_at,
            _run_id
        from {{ versions }}
        {{ 'and' if is_incremental() else 'where' }} _key not in (select changed._key from changed)

        union all

        select
            _key,
            arg_max(payload, row(not _deleted, _extracted_at, _run_id, _cursor)) as payload,
            unnest(
                arg_max(
                    {'_deleted': _deleted, '_extracted_at': _extracted_at, '_run_id': _run_id},
                    row(_extracted_at, _run_id, _cursor, _deleted)
                )
            )
        from {{ log }}
        where _key in (select changed._key from changed)
        group by _key
    )
{%- endmacro %}
