{#
Who is held out of a sync, and since when, lies in `ops`, which no build drops: syncs write it
(reverse_etl/holdout.py), and the uplift of what was sent is measured from it.
#}
{% macro prepare_holdouts() -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        create schema if not exists ops;
        create table if not exists ops.holdout_members (
            holdout varchar not null, unit varchar not null, unit_id varchar not null,
            is_held_out boolean not null, sync varchar not null, began_at timestamptz not null,
            moved_at timestamptz {{ primary_key('holdout, unit, unit_id') }}
        );
    {%- endif -%}
{%- endmacro %}
