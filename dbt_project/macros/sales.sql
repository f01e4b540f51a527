{#
Which version of a thing was known just before an instant: `held_before('versions', 'closes_at')` on
`metrics.opportunity_versions`, for one instant or joined to many. What begins at the instant itself
is not yet known.
#}
{% macro held_before(versions, instant) -%}
    {{ versions }}.valid_from < {{ instant }} and {{ versions }}.valid_to >= {{ instant }}
{%- endmacro %}

{# Whether a forecast leaves an opportunity out; one that is in no category is in the pipeline. #}
{% macro is_left_out_of_pipeline(forecast_category) -%}
    coalesce({{ forecast_category }} in {{ policy_list('pipeline_excluded_forecast') }}, false)
{%- endmacro %}

{# An amount at a rate and a probability in percent, rounded once. #}
{% macro weighted(amount, rate, probability_pct) -%}
    {{ money_of_fraction(
        whole(amount, 4) ~ ' * ' ~ whole_rate(rate) ~ ' * ' ~ probability_pct,
        10 ** 14
    ) }}
{%- endmacro %}

{#
A product of whole numbers over another with 10 decimal places, null over zero. Products of more than
38 digits are as exact as a double.
#}
{% macro ratio_of_products(numerators, denominators) -%}
    {{ return(adapter.dispatch('ratio_of_products')(numerators, denominators)) }}
{%- endmacro %}

{% macro default__ratio_of_products(numerators, denominators) -%}
    {%- set numerator = '(' ~ product(numerators, 'hugeint') ~ ')' -%}
    {%- set denominator = '(' ~ product(denominators, 'hugeint') ~ ')' -%}
    {%- set whole_part = numerator ~ ' // ' ~ denominator -%}
    {%- set decimals = rounded_quotient(
        numerator ~ ' % ' ~ denominator ~ ' * 10000000000', denominator
    ) -%}
    {%- set approximate = '(' ~ product(numerators, 'double') ~ ') / nullif('
        ~ product(denominators, 'double') ~ ', 0)' -%}
    coalesce(
        try(
            cast({{ whole_part }} as decimal(38, 10))
            + cast({{ decimals }} as decimal(38, 0)) * cast(0.0000000001 as decimal(10, 10))
        ),
        cast({{ approximate }} as decimal(38, 10))
    )
{%- endmacro %}

{% macro product(factors, type) -%}
    {%- for factor in factors -%}
    cast({{ factor }} as {{ type }}){{ ' * ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
