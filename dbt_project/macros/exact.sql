{#
Exact arithmetic. A quotient of decimals is a double in most engines, and a cent that is half a cent
off rounds the wrong way; here every quotient is one of whole numbers, rounded once, half away from
zero. Arguments are repeated in what is rendered: give them columns, not long expressions.
#}

{# A number times a power of ten, whole. `places` are at least the decimal places that it has. #}
{% macro whole(number, places=0) -%}
    {%- if places -%}
    cast(
        cast({{ number }} as decimal(38, {{ places }})) * cast({{ 10 ** places }} as decimal(38, 0))
        as hugeint
    )
    {%- else -%}
    cast({{ number }} as hugeint)
    {%- endif -%}
{%- endmacro %}

{# Whole numbers divided, rounded half away from zero; null where there is nothing to divide by. #}
{% macro rounded_quotient(numerator, denominator) -%}
    {{ return(adapter.dispatch('rounded_quotient')(numerator, denominator)) }}
{%- endmacro %}

{% macro default__rounded_quotient(numerator, denominator) -%}
    case
        when {{ denominator }} = 0 then null
        else
            sign({{ numerator }}) * sign({{ denominator }})
            * ((2 * abs({{ numerator }}) + abs({{ denominator }})) // (2 * abs({{ denominator }})))
    end
{%- endmacro %}

{#
A ratio with 10 decimal places, null where the denominator is zero or unknown. `places`: the decimal
places of both arguments (0 for counts and microseconds, 3 for money).
#}
{% macro ratio(numerator, denominator, places=3) -%}
    cast(
        {{ rounded_quotient(
            whole(numerator, places) ~ ' * 10000000000', whole(denominator, places)
        ) }} as decimal(38, 0)
    ) * cast(0.0000000001 as decimal(10, 10))
{%- endmacro %}

{# Microseconds as exact minutes or days with 10 decimal places. #}
{% macro as_minutes(microseconds) -%}
    {{ ratio(microseconds, 60000000, places=0) }}
{%- endmacro %}

{% macro as_days(microseconds) -%}
    {{ ratio(microseconds, 86400000000, places=0) }}
{%- endmacro %}

{# The mean of whole numbers of microseconds, in a unit of so many microseconds; null of nothing. #}
{% macro mean_duration(microseconds, unit) -%}
    {{ ratio('sum(' ~ microseconds ~ ')', 'count(' ~ microseconds ~ ') * ' ~ unit, places=0) }}
{%- endmacro %}

{# The median: of an even number the middle of the middle two, exactly. #}
{% macro median_duration(microseconds, unit) -%}
    {{ return(adapter.dispatch('median_duration')(microseconds, unit)) }}
{%- endmacro %}

{% macro default__median_duration(microseconds, unit) -%}
    {%- set middle_two -%}
        (
            quantile_disc({{ microseconds }}, 0.5)
            - quantile_disc(-{{ microseconds }}, 0.5)
        )
    {%- endset -%}
    {{ ratio(middle_two, '2 * ' ~ unit, places=0) }}
{%- endmacro %}

{% macro greatest_divisor(left, right) -%}
    {{ return(adapter.dispatch('greatest_divisor')(left, right)) }}
{%- endmacro %}

{% macro default__greatest_divisor(left, right) -%}
    gcd({{ left }}, {{ right }})
{%- endmacro %}

{# Aggregate: the least number that all of the group's numbers divide. #}
{% macro common_multiple(number) -%}
    {{ return(adapter.dispatch('common_multiple')(number)) }}
{%- endmacro %}

{% macro default__common_multiple(number) -%}
    list_reduce(list({{ number }}), (left_number, right_number) -> lcm(left_number, right_number))
{%- endmacro %}
