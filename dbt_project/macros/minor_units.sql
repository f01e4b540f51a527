{#
Money as billing tools count it, in the smallest unit of its currency: 1 yen, 100 cents, 1,000 fils.

ISK and UGX have no smaller unit any more, and are still counted in hundredths.
#}
{% macro from_minor_units(amount, currency, scale=3) -%}
    {{ return(adapter.dispatch('from_minor_units')(amount, currency, scale)) }}
{%- endmacro %}

{% macro default__from_minor_units(amount, currency, scale) -%}
    {%- set whole = [
        'bif', 'clp', 'djf', 'gnf', 'jpy', 'kmf', 'krw', 'mga', 'pyg', 'rwf', 'vnd', 'vuv', 'xaf',
        'xof', 'xpf',
    ] -%}
    {%- set thousandths = ['bhd', 'jod', 'kwd', 'omr', 'tnd'] -%}
    cast(
        try_cast({{ amount }} as decimal(30, 12)) * case
            when lower({{ currency }}) in ('{{ whole | join("', '") }}') then 1.000
            when lower({{ currency }}) in ('{{ thousandths | join("', '") }}') then 0.001
            else 0.010
        end as decimal({{ 18 if scale <= 3 else 30 }}, {{ scale }})
    )
{%- endmacro %}

{# The sum of the whole numbers that a path with a wildcard finds; 0 where there are none. #}
{% macro json_sum(document, path) -%}
    {{ return(adapter.dispatch('json_sum')(document, path)) }}
{%- endmacro %}

{% macro default__json_sum(document, path) -%}
    coalesce(list_sum(try_cast({{ json_texts(document, path) }} as bigint [])), 0)
{%- endmacro %}
