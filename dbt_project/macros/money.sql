{% macro in_reporting_currency() -%}
    (currency = '{{ var("reporting_currency") }}')
{%- endmacro %}

{# Amounts in another currency are left out: adding them unconverted would look like a figure. #}
{% macro reported_sum(amount, condition) -%}
    cast(
        coalesce(sum({{ amount }}) filter (where {{ in_reporting_currency() }} and {{ condition }}), 0)
        as decimal(18, 2)
    )
{%- endmacro %}

{% macro ordered_list(value, order_by) -%}
    {{ return(adapter.dispatch('ordered_list')(value, order_by)) }}
{%- endmacro %}

{% macro default__ordered_list(value, order_by) -%}
    list({{ value }} order by {{ order_by }})
{%- endmacro %}
