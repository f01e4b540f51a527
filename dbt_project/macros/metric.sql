{#
Rows of `metrics.metric_values` from a relation with one row per combination of dimensions.

- `dims`: columns that are the record's dimensions, or `{name: expression}` where they are named
  otherwise; every value is text.
- `unit`: money, money_ratio, money_per_day, ratio, count, days, minutes, points, touches or text.
- `where`: which rows of the relation are records of this metric.
#}
{% macro metric(name, relation, value, unit, dims=[], where=none) -%}
    select
        '{{ name }} ' || {{ dimensions(dims) }} as metric_key,
        '{{ name }}' as metric,
        {{ dimensions(dims) }} as dims,
        {{ metric_text(value, unit) }} as value,
        {{ metric_unit(unit) }} as unit,
        {% if unit == 'text' -%}
        cast(null as decimal(38, 10)) as number
        {%- else -%}
        cast({{ value }} as decimal(38, 10)) as number
        {%- endif %}
    from {{ relation }}
    {%- if where %}
    where {{ where }}
    {%- endif %}
{%- endmacro %}

{# A list of calls of `metric`, one after the other. #}
{% macro metrics(rows) -%}
    {{ rows | join('\n\n    union all\n\n    ') }}
{%- endmacro %}

{# The dimensions as a JSON object, its keys in order. #}
{% macro dimensions(dims) -%}
    {%- set named = {} -%}
    {%- for dim in dims -%}
        {%- do named.update({dim: dims[dim] if dims is mapping else dim}) -%}
    {%- endfor -%}
    {{ return(adapter.dispatch('dimensions')(named)) }}
{%- endmacro %}

{% macro default__dimensions(named) -%}
    cast(json_object(
        {%- for name, expression in named | dictsort -%}
        '{{ name }}', cast({{ expression }} as varchar){{ ', ' if not loop.last }}
        {%- endfor -%}
    ) as varchar)
{%- endmacro %}

{% macro metric_text(value, unit) -%}
    {%- if unit == 'text' -%}
    cast({{ value }} as varchar)
    {%- elif unit == 'count' -%}
    cast(cast({{ value }} as bigint) as varchar)
    {%- elif unit == 'money' -%}
    case {{ policy('reporting_minor_units') }}
        when 0 then cast(cast({{ value }} as decimal(38, 0)) as varchar)
        when 1 then cast(cast({{ value }} as decimal(38, 1)) as varchar)
        when 2 then cast(cast({{ value }} as decimal(38, 2)) as varchar)
        else cast(cast({{ value }} as decimal(38, 3)) as varchar)
    end
    {%- else -%}
    cast(cast({{ value }} as decimal(38, 10)) as varchar)
    {%- endif -%}
{%- endmacro %}

{% macro metric_unit(unit) -%}
    {%- if unit == 'money' -%}
    {{ policy('reporting_currency') }}
    {%- elif unit in ('money_ratio', 'money_per_day') -%}
    lower({{ policy('reporting_currency') }}) || '{{ unit.removeprefix("money") }}'
    {%- else -%}
    '{{ unit }}'
    {%- endif -%}
{%- endmacro %}
