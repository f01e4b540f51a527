{#
One row per key of a raw log: its newest version.

A tombstone often carries the key alone, so a deleted record keeps the last payload it had while it
lived; that it is deleted, and since which run, comes from the tombstone. One hash aggregate instead
of a window: a third of the time on a log of 600,000 versions.

Where the model stands already, only the keys that a run landed since are read again, with all their
versions: the cost follows the change.
#}
{% macro latest_version(log) -%}
    {{ return(adapter.dispatch('latest_version')(log)) }}
{%- endmacro %}

{% macro default__latest_version(log) -%}
    (
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
        {%- if is_incremental() %}
        where _key in ({{ unseen_keys(log) }})
        {%- endif %}
        group by _key
    )
{%- endmacro %}
