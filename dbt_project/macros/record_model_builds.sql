{#
Which invocation built a model last, and when: a gate's verdict names the build it judged.
Runs on run end; a compiled or tested model was not built.
#}
{% macro record_model_builds(results) -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set rows = [] -%}
        {%- for result in results if result.node.resource_type == 'model' and result.status == 'success' -%}
            {%- set executed = result.timing | selectattr('name', 'equalto', 'execute') | first -%}
            {%- do rows.append(
                "('" ~ result.node.name ~ "', '" ~ invocation_id ~ "', timestamptz '"
                ~ executed.completed_at.isoformat() ~ "')"
            ) -%}
        {%- endfor -%}
        create schema if not exists ops;
        create table if not exists ops.model_builds (
            model varchar primary key, invocation_id varchar not null, built_at timestamptz not null
        );
        {% if rows -%}
            insert or replace into ops.model_builds values {{ rows | join(', ') }};
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
