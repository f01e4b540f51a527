{# One row per entity and measure, nulls left out. #}
{% macro measures_of(relation, key, measures) -%}
    {%- for measure in measures %}
    select
        {{ key }},
        '{{ measure }}' as measure,
        cast({{ measure }} as decimal(18, 2)) as measured_value
    from {{ relation }}
    where {{ measure }} is not null
    {%- if not loop.last %}

    union all
    {% endif -%}
    {%- endfor %}
{%- endmacro %}

{# What a salesperson reads: `Open pipeline: 62,000 USD (+22)`. Cut, not rounded: 49,999.99 is not 50,000. #}
{% macro score_reason(reason, measured_value, points) -%}
    {{ return(adapter.dispatch('score_reason')(reason, measured_value, points)) }}
{%- endmacro %}

{% macro default__score_reason(reason, measured_value, points) -%}
    replace(
        replace({{ reason }}, '{value}', format('{:,}', cast(floor({{ measured_value }}) as bigint))),
        '{currency}',
        {{ policy('reporting_currency') }}
    ) || format(' (+{})', {{ points }})
{%- endmacro %}

{# Declared in dbt_project.yml. #}
{% macro account_tier(score) -%}
    {%- set floors = var('account_tier_floor').items() | sort(attribute='1', reverse=true) -%}
    case
        {%- for tier, floor in floors %}
        when {{ score }} >= {{ floor }} then '{{ tier }}'
        {%- endfor %}
        else 'C'
    end
{%- endmacro %}
