{# Whole numbers that are not negative, divided and rounded down. #}
{% macro whole_quotient(numerator, denominator) -%}
    {{ return(adapter.dispatch('whole_quotient')(numerator, denominator)) }}
{%- endmacro %}

{# What fits into 64 bits is divided in 64. #}
{% macro default__whole_quotient(numerator, denominator) -%}
    case
        when greatest({{ numerator }}, {{ denominator }}) < 1000000000000000000
            then
                cast(
                    try_cast({{ numerator }} as bigint) // try_cast({{ denominator }} as bigint)
                    as hugeint
                )
        else {{ numerator }} // {{ denominator }}
    end
{%- endmacro %}

{# Money as a whole number of the reporting currency's smallest unit, and back. #}
{% macro minor_units_of(amount) -%}
    {{ whole(amount, 3) }} * {{ policy('minor_units_per_unit') }} // 1000
{%- endmacro %}

{% macro money_of_minor_units(units) -%}
    cast(
        cast(({{ units }}) * (1000 // {{ policy('minor_units_per_unit') }}) as decimal(38, 0))
        * cast(0.001 as decimal(4, 3)) as {{ money_type() }}
    )
{%- endmacro %}

{#
The steps that give money out to the cent, as `given_out`: every row of a group gets its share rounded
down, and what is then left of the sum goes cent by cent to the rows that lost most (largest
remainder). `relation` has one row per share with `amount_units`, which is the same in the whole group
and may be negative or null, and whole `share_parts` of `share_total`; `given_units` is what it gets.
`compared`: remainders are compared in so many parts of a cent, so that shares that are not exact are
told apart by more than their error.
#}
{% macro given_out(relation, group, ties, compared=none) -%}
floored as (

    select
        *,
        {{ whole_quotient('(abs(amount_units) * share_parts)', 'share_total') }} as floor_units
    from {{ relation }}

),

lacking as (

    select
        *,
        abs(amount_units) * share_parts - floor_units * share_total as remainder_parts,
        abs(amount_units)
        - sum(floor_units) over (partition by {{ group | join(', ') }}) as units_left
    from floored

),

ranked as (

    select
        *,
        row_number() over (
            partition by {{ group | join(', ') }}
            order by
                {{ compared or 'remainder_parts' }} desc,
                {{ ties | join(', ') }}
        ) as remainder_rank
    from lacking

),

given_out as (

    select
        *,
        sign(amount_units)
        * (floor_units + case when remainder_rank <= units_left then 1 else 0 end) as given_units
    from ranked

)
{%- endmacro %}

{# Which share of a whole a remainder is, in millionths, for shares that are not exact. #}
{% macro millionths(parts, total) -%}
    {{ rounded_quotient(parts ~ ' * 1000000', total) }}
{%- endmacro %}

{# Names joined into one text in an order; null of nothing. #}
{% macro joined_names(name, separator, order_by, condition) -%}
    {{ return(adapter.dispatch('joined_names')(name, separator, order_by, condition)) }}
{%- endmacro %}

{% macro default__joined_names(name, separator, order_by, condition) -%}
    string_agg({{ name }}, '{{ separator }}' order by {{ order_by }}) filter (where {{ condition }})
{%- endmacro %}

{# The different values of a group as a list in order. #}
{% macro distinct_list(value) -%}
    {{ return(adapter.dispatch('distinct_list')(value)) }}
{%- endmacro %}

{% macro default__distinct_list(value) -%}
    list(distinct {{ value }} order by {{ value }})
{%- endmacro %}

{#
How many of 10^15 parts are left after so many microseconds, when half of them go every so many days: a
double has no more digits, and whole parts add up to exactly one.
#}
{% macro parts_left_with_age(microseconds, half_life_days) -%}
    cast(
        round(
            power(
                2,
                -cast({{ microseconds }} as double)
                / (cast({{ half_life_days }} as double) * 86400000000)
            ) * 1000000000000000
        ) as hugeint
    )
{%- endmacro %}

{# What the cost of a channel or of a campaign has brought; null where there was none to divide by. #}
{% macro returns_on_cost() -%}
    {{ ratio('(credited_amount - cost)', 'cost') }} as roi,
    {{ ratio('credited_amount', 'cost') }} as roas,
    {{ ratio('cost', 'leads') }} as cost_per_lead,
    {{ ratio('cost', 'mqls') }} as cost_per_mql,
    {{ ratio('cost', 'opportunities') }} as cost_per_opportunity
{%- endmacro %}
