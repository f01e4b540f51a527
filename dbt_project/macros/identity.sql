{#
What identity remembers lies in `ops`, which no build drops: which id every record had, what became
of ids, and a copy of the stewards' decisions. This makes sure that it is there, and notes the run.
#}
{% macro prepare_identity_memory() -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        create schema if not exists ops;
        create table if not exists ops.identity_decisions (
            decision_id bigint, entity varchar, decision varchar, left_record varchar,
            right_record varchar, attribute varchar, value varchar, because varchar,
            decided_by varchar, decided_at timestamptz
        );
        create or replace table ops.identity_run as
        select
            '{{ invocation_id }}' as run_id,
            timestamptz '{{ env_var("REVOPS_CLOCK", run_started_at.isoformat()) }}' as started_at;
    {%- endif -%}
{%- endmacro %}

{# A table of that memory: no model makes it, and no source lands it. #}
{% macro remembered(table) -%}
    ops.{{ table }}
{%- endmacro %}
