{# Declared in dbt_project.yml; no segment without an employee count. #}
{% macro segment(employee_count) -%}
    {%- set floors = var('segment_floor').items() | sort(attribute='1', reverse=true) -%}
    case
        {%- for name, floor in floors %}
        when {{ employee_count }} >= {{ floor }} then '{{ name }}'
        {%- endfor %}
        when {{ employee_count }} is not null then 'SMB'
    end
{%- endmacro %}

{# A whole percentage; what lies outside 0 to 100 is a mistake of the tool, not a probability. #}
{% macro percentage(number) -%}
    case when {{ number }} between 0 and 100 then cast(round({{ number }}) as integer) end
{%- endmacro %}

{# The tool's own category where it keeps one, else what closing and probability imply. #}
{% macro forecast_category(label) -%}
    {%- set floors = var('forecast_category_floor').items() | sort(attribute='1', reverse=true) -%}
    case
        when lower({{ label }}) = 'pipeline' then 'Pipeline'
        when lower({{ label }}) in ('best case', 'bestcase', 'most likely', 'mostlikely') then 'BestCase'
        when lower({{ label }}) in ('commit', 'forecast') then 'Commit'
        when lower({{ label }}) = 'closed' then 'Closed'
        when lower({{ label }}) = 'omitted' then 'Omitted'
        when is_won then 'Closed'
        when is_closed then 'Omitted'
        {%- for name, floor in floors %}
        when probability_pct >= {{ floor }} then '{{ name }}'
        {%- endfor %}
        else 'Pipeline'
    end
{%- endmacro %}

{# A tool's label as a plain word: `Paid Search` and `PAID_SEARCH` are one channel. #}
{% macro snake_cased(text) -%}
    nullif(trim(regexp_replace(lower({{ text }}), '[^\p{L}\p{N}]+', '_', 'g'), '_'), '')
{%- endmacro %}

{# One definition of what pipeline is: open, not deleted, not left out of the forecast, no renewal. #}
{% macro counts_as_pipeline() -%}
    (not is_closed and forecast_category != 'Omitted' and opportunity_type != 'renewal')
{%- endmacro %}
