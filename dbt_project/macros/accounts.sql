{# One row per entity and fact that a rule asks for, as text and, where it is one, as a number. #}
{% macro facts_asked_for(relation, key, rules, words, numbers) -%}
    {%- for fact in words + numbers %}
    select
        {{ relation }}.{{ key }},
        'account.{{ fact }}' as field,
        cast({{ relation }}.{{ fact }} as varchar) as text_value,
        cast(
            {{ relation ~ '.' ~ fact if fact in numbers else 'null' }} as {{ attribute_number() }}
        ) as number_value
    from {{ relation }}
    where
        {{ relation }}.{{ fact }} is not null
        and 'account.{{ fact }}' in (select {{ rules }}.field from {{ rules }})
    {%- if not loop.last %}

    union all
    {% endif -%}
    {%- endfor %}
{%- endmacro %}

{# A value as a salesperson reads it: numbers cut, for 49,999.99 is not 50,000. #}
{% macro told_value(text_value, number_value) -%}
    {{ return(adapter.dispatch('told_value')(text_value, number_value)) }}
{%- endmacro %}

{% macro default__told_value(text_value, number_value) -%}
    coalesce(format('{:,}', cast(floor({{ number_value }}) as bigint)), {{ text_value }})
{%- endmacro %}

{# A rule's reason with what was found. #}
{% macro told_of(reason, text_value, number_value) -%}
    replace(
        replace({{ reason }}, '{value}', {{ told_value(text_value, number_value) }}),
        '{currency}',
        {{ policy('reporting_currency') }}
    )
{%- endmacro %}

{# Points of an axis: all of them, from nothing to the cap. #}
{% macro within_cap(points, cap) -%}
    cast(
        greatest(least(coalesce({{ points }}, 0), {{ cap }}), 0) as {{ points_type() }}
    )
{%- endmacro %}

{# Whether a word is in a list; where there is no list, every word is, and the unknown too. #}
{% macro is_one_of(word, list) -%}
    {{ return(adapter.dispatch('is_one_of')(word, list)) }}
{%- endmacro %}

{% macro default__is_one_of(word, list) -%}
    ({{ list }} is null or coalesce(list_contains({{ list }}, {{ word }}), false))
{%- endmacro %}
