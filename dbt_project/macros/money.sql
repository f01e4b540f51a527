{#
Money of a report: three decimal places hold every currency's cents. It is rounded once, half away
from zero, to the places that the reporting currency has; sums are sums of rounded parts.
#}
{% macro money_type() -%}
    decimal(24, 3)
{%- endmacro %}

{# Round an exact decimal to the reporting currency's own places. #}
{% macro as_money(amount) -%}
    cast(
        case {{ policy('reporting_minor_units') }}
            when 0 then round({{ amount }}, 0)
            when 2 then round({{ amount }}, 2)
            when 1 then round({{ amount }}, 1)
            else round({{ amount }}, 3)
        end as {{ money_type() }}
    )
{%- endmacro %}

{# An amount of another currency at a rate of `metrics.fx_rate_periods`, rounded at this grain. #}
{% macro converted(amount, rate) -%}
    {{ as_money('cast(' ~ amount ~ ' as decimal(18, 4)) * cast(' ~ rate ~ ' as decimal(18, 8))') }}
{%- endmacro %}

{# The join condition of `metrics.fx_rate_periods`: the latest rate on or before the day. #}
{% macro rate_on(rates, rate_type, currency, day) -%}
    {{ rates }}.rate_type = {{ rate_type }}
    and {{ rates }}.currency = {{ currency }}
    and {{ rates }}.valid_from <= {{ day }}
    and {{ rates }}.valid_to > {{ day }}
{%- endmacro %}
{% macro in_reporting_currency() -%}
    (currency = {{ policy('reporting_currency') }})
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
