{#
Which invocation built a model last, and when: a gate's verdict names the build it judged.
On run start the selected models are forgotten: what a killed run leaves behind was built by nobody,
and holds. On run end the sound ones are recorded; a compiled or tested model was not built.
#}
{% macro forget_model_builds() -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set models = [] -%}
        {%- for name in selected_resources if name.startswith('model.') -%}
            {%- do models.append("'" ~ name.split('.')[2] ~ "'") -%}
        {%- endfor -%}
        create schema if not exists ops;
        create table if not exists ops.model_builds (
            model varchar not null, invocation_id varchar not null, built_at timestamptz not null
            {{ primary_key('model') }}
        );
        {% if models -%}
            delete from ops.model_builds where model in ({{ models | join(', ') }});
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro record_model_builds(results) -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set rows, keys = [], [] -%}
        {#- A model whose own test fails is built, but nothing may be judged or sent from it. -#}
        {%- set unsound = [] -%}
        {%- for result in results
            if result.node.resource_type in ('test', 'unit_test') and result.status in ('fail', 'error') -%}
            {%- do unsound.extend(result.node.depends_on.nodes) -%}
        {%- endfor -%}
        {%- for result in results
            if result.node.resource_type == 'model' and result.status == 'success'
            and result.node.unique_id not in unsound -%}
            {%- set executed = result.timing | selectattr('name', 'equalto', 'execute') | first -%}
            {%- do keys.append("'" ~ result.node.name ~ "'") -%}
            {%- do rows.append(
                "('" ~ result.node.name ~ "', '" ~ invocation_id ~ "', timestamptz '"
                ~ executed.completed_at.isoformat() ~ "')"
            ) -%}
        {%- endfor -%}
        {% if rows -%}
            {{ put_rows('ops.model_builds', 'model', keys, rows) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
