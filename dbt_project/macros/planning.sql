{#
A fraction divided by another, both in lowest terms, as the numerator and the denominator of the
quotient, in lowest terms again. Null where there is nothing to divide by, and where the numbers would
have more than 38 digits: no part of a plan is reckoned with less than it says.
#}
{% macro quotient_numerator(fraction, divisor) -%}
    {{ return(adapter.dispatch('quotient_numerator')(fraction, divisor)) }}
{%- endmacro %}

{% macro default__quotient_numerator(fraction, divisor) -%}
    case
        when {{ divisor }}_numerator != 0
            then try(
                ({{ fraction }}_numerator // {{ common_part(fraction, divisor, 'numerator') }})
                * ({{ divisor }}_denominator // {{ common_part(fraction, divisor, 'denominator') }})
            )
    end
{%- endmacro %}

{% macro quotient_denominator(fraction, divisor) -%}
    {{ return(adapter.dispatch('quotient_denominator')(fraction, divisor)) }}
{%- endmacro %}

{% macro default__quotient_denominator(fraction, divisor) -%}
    case
        when {{ divisor }}_numerator != 0
            then try(
                ({{ fraction }}_denominator // {{ common_part(fraction, divisor, 'denominator') }})
                * ({{ divisor }}_numerator // {{ common_part(fraction, divisor, 'numerator') }})
            )
    end
{%- endmacro %}

{% macro common_part(fraction, divisor, part) -%}
    {{ greatest_divisor(fraction ~ '_' ~ part, divisor ~ '_' ~ part) }}
{%- endmacro %}

{# The least whole number that is not less than a fraction of two that are not negative. #}
{% macro whole_above(numerator, denominator) -%}
    (({{ numerator }} + {{ denominator }} - 1) // {{ denominator }})
{%- endmacro %}

{#
The rows of a relation, with what each gets in `part` when a whole `total` is split among the rows
that share `within`, in proportion to whole weights and without a rest: everybody gets the whole part
of the share, and what is left goes one by one to the largest remainders, ties to the earlier
`position`. Null where no weight is above zero. Stands behind `from`.
#}
{% macro split_by_weight(relation, total, weight, position, within) -%}
(
    select
        ranked.*,
        ranked.whole_part + case when ranked.place <= ranked.left_over then 1 else 0 end as part
    from (
        select
            divided.*,
            divided.{{ total }} - sum(divided.whole_part) over (partition by divided.{{ within }})
                as left_over,
            row_number() over (
                partition by divided.{{ within }}
                order by divided.remainder desc, divided.{{ position }}
            ) as place
        from (
            select
                weighed.*,
                weighed.{{ total }} * weighed.{{ weight }} // nullif(weighed.weights, 0)
                    as whole_part,
                weighed.{{ total }} * weighed.{{ weight }} % nullif(weighed.weights, 0)
                    as remainder
            from (
                select
                    given.*,
                    sum(given.{{ weight }}) over (partition by given.{{ within }}) as weights
                from {{ relation }} as given
            ) as weighed
        ) as divided
    ) as ranked
)
{%- endmacro %}

{# Money as a whole number of the smallest parts that the reporting currency has, and back. #}
{% macro in_minor_units(amount) -%}
    {{ whole(amount, 3) }} // (1000 // {{ policy('minor_units_per_unit') }})
{%- endmacro %}

{% macro of_minor_units(parts) -%}
    cast(
        cast({{ parts }} * (1000 // {{ policy('minor_units_per_unit') }}) as decimal(38, 0))
        * cast(0.001 as decimal(4, 3)) as {{ money_type() }}
    )
{%- endmacro %}

{# Whether what came is over or under what was planned; nothing is said before the month has ended. #}
{% macro over_or_under(actual, planned, has_ended) -%}
    case
        when not {{ has_ended }} or {{ actual }} is null or {{ planned }} is null then null
        when {{ actual }} > {{ planned }} then 'over'
        when {{ actual }} < {{ planned }} then 'under'
        else 'on plan'
    end
{%- endmacro %}

{# What an input is multiplied by in a scenario, in percent. #}
{% macro percent_of(scenarios, input) -%}
    (100 + case when {{ scenarios }}.changed_input = '{{ input }}' then {{ scenarios }}.change_pct else 0 end)
{%- endmacro %}

{# One of a group's inputs as two columns, its numerator and its denominator. #}
{% macro fraction_of(input) -%}
    max(numerator) filter (where input = '{{ input }}') as {{ input }}_numerator,
    max(denominator) filter (where input = '{{ input }}') as {{ input }}_denominator
{%- endmacro %}
