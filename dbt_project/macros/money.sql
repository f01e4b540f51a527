{#
Money of a report: three decimal places hold every currency's cents. It is rounded once, half away
from zero, to the places that the reporting currency has; sums are sums of rounded parts.
#}
{% macro money_type() -%}
    decimal(24, 3)
{%- endmacro %}

{#
Round an exact decimal to the reporting currency's own places. Each branch is of the one type: what
engines take for the common type of several wide decimals may have no decimal places left.
#}
{% macro as_money(amount) -%}
    case {{ policy('reporting_minor_units') }}
        when 0 then cast(round({{ amount }}, 0) as {{ money_type() }})
        when 1 then cast(round({{ amount }}, 1) as {{ money_type() }})
        when 2 then cast(round({{ amount }}, 2) as {{ money_type() }})
        else cast(round({{ amount }}, 3) as {{ money_type() }})
    end
{%- endmacro %}

{#
An amount of another currency at a rate of `metrics.fx_rate_periods`, rounded at this grain. DuckDB
holds a product of decimals of up to 18 digits in 18 digits too: a million would overflow.
#}
{% macro converted(amount, rate) -%}
    {{ as_money('cast(' ~ amount ~ ' as decimal(20, 4)) * cast(' ~ rate ~ ' as decimal(18, 8))') }}
{%- endmacro %}

{# The join condition of `metrics.fx_rate_periods`: the latest rate on or before the day. #}
{% macro rate_on(rates, rate_type, currency, day) -%}
    {{ rates }}.rate_type = {{ rate_type }}
    and {{ rates }}.currency = {{ currency }}
    and {{ rates }}.valid_from <= {{ day }}
    and {{ rates }}.valid_to > {{ day }}
{%- endmacro %}

{# An amount in its own currency, of one type wherever it comes from. #}
{% macro local_money(amount) -%}
    cast({{ amount }} as decimal(22, 4))
{%- endmacro %}

{# A list of a group's values; null where no row meets the condition. #}
{% macro ordered_list(value, order_by, condition='true') -%}
    {{ return(adapter.dispatch('ordered_list')(value, order_by, condition)) }}
{%- endmacro %}

{% macro default__ordered_list(value, order_by, condition) -%}
    list({{ value }} order by {{ order_by }})
    {%- if condition != 'true' %} filter (where {{ condition }}){% endif %}
{%- endmacro %}

{#
Money of an exact fraction of units of the reporting currency, rounded once to its own places. The
arguments are whole numbers, as `rounded_quotient` takes them.
#}
{% macro money_of_fraction(numerator, denominator) -%}
    cast(
        cast(
            {{ rounded_quotient(
                '(' ~ numerator ~ ') * ' ~ policy('minor_units_per_unit'), denominator
            ) }} * (1000 // {{ policy('minor_units_per_unit') }}) as decimal(38, 0)
        ) * cast(0.001 as decimal(4, 3)) as {{ money_type() }}
    )
{%- endmacro %}

{# A rate as a whole number of hundred-millionths: what an exact product is multiplied by. #}
{% macro whole_rate(rate) -%}
    {{ whole(rate, 8) }}
{%- endmacro %}

{#
The rate of `metrics.fx_rate_periods` as such a number, where a sum has to go on: what no rate values
counts nothing, from the day there is one its value comes in as a difference of currency, and
`metrics.amounts_without_rate` tells of it.
#}
{% macro known_rate(rates) -%}
    coalesce({{ rates }}.whole_rate, 0)
{%- endmacro %}

{% macro rate_units() -%}
    100000000
{%- endmacro %}

{# A sum of money, nothing being zero. #}
{% macro money_sum(amount, condition='true') -%}
    cast(coalesce(sum({{ amount }}) filter (where {{ condition }}), 0) as {{ money_type() }})
{%- endmacro %}

{# Money of an exact fraction before it is rounded: what ratios are taken of. Twelve places. #}
{% macro unrounded_money(numerator, denominator) -%}
    cast({{ quotient_to_twelve_places('(' ~ numerator ~ ')', denominator) }} as decimal(38, 0))
    * cast(0.000000000001 as decimal(12, 12))
{%- endmacro %}

{% macro distinct_count(column, condition) -%}
    count(distinct {{ column }}) filter (where {{ condition }})
{%- endmacro %}
