{#
What gates have found lies in `ops`, which no build drops: quality/publishing.py writes it after each
gate, and the models of data quality are views of it, so that they need no build to be current.
`quality_results` and `quality_scores` are appended to, `quality_findings` is what is wrong now.
#}
{% macro prepare_quality() -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        create schema if not exists ops;
        create table if not exists ops.quality_results (
            verdict_id bigint not null, ruleset varchar not null, table_name varchar not null,
            stage varchar not null, decision varchar not null, slo double not null,
            judged_rows bigint not null, unsound_rows bigint not null, rule varchar not null,
            kind varchar not null, severity varchar not null, owner varchar not null,
            status varchar not null, failed_rows bigint not null, decided_at timestamptz not null
            {{ primary_key('verdict_id, rule') }}
        );
        create table if not exists ops.quality_findings (
            ruleset varchar not null, table_name varchar not null, rule varchar not null,
            severity varchar not null, owner varchar not null, because varchar not null,
            column_name varchar, key_column varchar not null, key varchar not null,
            found_at timestamptz not null, since timestamptz not null
            {{ primary_key('ruleset, rule, key') }}
        );
        create table if not exists ops.quality_scores (
            score_key varchar not null, measured_on date not null, scope varchar not null,
            subject varchar not null, measure varchar not null, value double, target double not null,
            counted bigint not null {{ primary_key('score_key, measured_on') }}
        );
    {%- endif -%}
{%- endmacro %}

{# Where a person opens a record of a tool; null for a tool whose address is not said in dbt's vars. #}
{% macro record_link(source, record_id) -%}
    {%- set links = var('record_links') -%}
    case {{ source }}
        {%- for tool, link in links.items() %}
        when '{{ tool }}' then replace('{{ link }}', '{id}', {{ record_id }})
        {%- endfor %}
    end
{%- endmacro %}
