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

{# Numbers of 128 bits are divided bit by bit: what fits into 64 takes a seventieth of the time. #}
{% macro default__rounded_quotient(numerator, denominator) -%}
    {%- set small_numerator = 'abs(try_cast(' ~ numerator ~ ' as bigint))' -%}
    {%- set small_denominator = 'abs(try_cast(' ~ denominator ~ ' as bigint))' -%}
    case
        when {{ denominator }} = 0 then null
        when greatest(abs({{ numerator }}), abs({{ denominator }})) < 1000000000000000000
            then
                sign({{ numerator }}) * sign({{ denominator }})
                * cast(
                    (2 * {{ small_numerator }} + {{ small_denominator }}) // (2 * {{ small_denominator }})
                    as hugeint
                )
        else
            sign({{ numerator }}) * sign({{ denominator }})
            * ((2 * abs({{ numerator }}) + abs({{ denominator }})) // (2 * abs({{ denominator }})))
    end
{%- endmacro %}

{#
The quotient in units of its twelfth place, rounded. Six places are divided at a time: a numerator of
thirty digits has no room for twelve more.
#}
{% macro quotient_to_twelve_places(numerator, denominator) -%}
    case
        when greatest(abs({{ numerator }}), 1000000 * abs({{ denominator }})) < 1000000000000000000
            then {{ divided_twice(
                'try_cast(' ~ numerator ~ ' as bigint)', 'try_cast(' ~ denominator ~ ' as bigint)'
            ) }}
        else {{ divided_twice(numerator, denominator) }}
    end
{%- endmacro %}

{% macro divided_twice(numerator, denominator) -%}
    {%- set millionths = '(' ~ numerator ~ ' % ' ~ denominator ~ ' * 1000000)' -%}
    (
        cast({{ numerator }} // {{ denominator }} as hugeint) * 1000000
        + {{ millionths }} // {{ denominator }}
    ) * 1000000
    + {{ rounded_quotient('(' ~ millionths ~ ' % ' ~ denominator ~ ' * 1000000)', denominator) }}
{%- endmacro %}

{#
A ratio with 10 decimal places, null where the denominator is zero or unknown. `places`: the decimal
places of both arguments (0 for counts and microseconds, 3 for money).
#}
{% macro ratio(numerator, denominator, places=3) -%}
    {{ ten_places(
        rounded_quotient(whole(numerator, places) ~ ' * 10000000000', whole(denominator, places))
    ) }}
{%- endmacro %}

{# So many ten-thousand-millionths. #}
{% macro ten_places(parts) -%}
    cast({{ parts }} as decimal(38, 0)) * cast(0.0000000001 as decimal(10, 10))
{%- endmacro %}

{# Microseconds as exact minutes or days with 10 decimal places; the fraction is in lowest terms. #}
{% macro as_minutes(microseconds) -%}
    {{ ten_places(rounded_quotient(whole(microseconds) ~ ' * 1000', '6')) }}
{%- endmacro %}

{% macro as_days(microseconds) -%}
    {{ ten_places(rounded_quotient(whole(microseconds) ~ ' * 25', '216')) }}
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
