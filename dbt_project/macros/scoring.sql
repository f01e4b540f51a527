{#
Whether a rule's condition holds for a value: a number, or a word (yes and no are words). Rules are
rows with `operator`, `texts` and `numbers`; order is one of numbers. Of what is unknown, and of what
is of another kind than the rule's values, no condition holds.
#}
{% macro rule_holds(rules, text_value, number_value) -%}
    {{ return(adapter.dispatch('rule_holds')(rules, text_value, number_value)) }}
{%- endmacro %}

{% macro default__rule_holds(rules, text_value, number_value) -%}
    {%- set listed -%}
        coalesce(
            case
                when {{ number_value }} is null then list_contains({{ rules }}.texts, {{ text_value }})
                else list_contains({{ rules }}.numbers, {{ number_value }})
            end,
            false
        )
    {%- endset -%}
    case
        when {{ text_value }} is null and {{ number_value }} is null then false
        when {{ number_value }} is null and len({{ rules }}.texts) = 0 then false
        when {{ number_value }} is not null and len({{ rules }}.numbers) = 0 then false
        when {{ rules }}.operator in ('==', 'in') then {{ listed }}
        when {{ rules }}.operator in ('!=', 'not_in') then not {{ listed }}
        when {{ rules }}.operator = '>=' then coalesce({{ number_value }} >= {{ rules }}.numbers[1], false)
        when {{ rules }}.operator = '>' then coalesce({{ number_value }} > {{ rules }}.numbers[1], false)
        when {{ rules }}.operator = '<=' then coalesce({{ number_value }} <= {{ rules }}.numbers[1], false)
        when {{ rules }}.operator = '<' then coalesce({{ number_value }} < {{ rules }}.numbers[1], false)
        else coalesce({{ number_value }} between {{ rules }}.numbers[1] and {{ rules }}.numbers[2], false)
    end
{%- endmacro %}

{# A number type for values of any property and for the numbers that rules hold. #}
{% macro attribute_number() -%}
    decimal(38, 4)
{%- endmacro %}

{# Points of one touch or of many, exact to the tenth place. #}
{% macro points_type() -%}
    decimal(38, 10)
{%- endmacro %}

{# How many half-lives lie between two instants, as a floating-point number. #}
{% macro half_lives(earlier, later, half_life_days) -%}
    (
        cast({{ microseconds(later) }} - {{ microseconds(earlier) }} as double)
        / (cast({{ half_life_days }} as double) * 86400000000)
    )
{%- endmacro %}

{# What is left of points after some half-lives; what does not decay stays. #}
{% macro faded(points, half_lives, is_decaying) -%}
    (cast({{ points }} as double) * case when {{ is_decaying }} then power(2.0, -{{ half_lives }}) else 1.0 end)
{%- endmacro %}

{#
What a rule's touches come to at most: the cap is a ceiling of what adds up, and a floor, below zero,
of what takes off. Rounded once, to ten places.
#}
{% macro capped(decayed, cap) -%}
    cast(
        round(
            case
                when {{ cap }} is null then {{ decayed }}
                else greatest(least({{ decayed }}, cast({{ cap }} as double)), -cast({{ cap }} as double))
            end,
            10
        ) as {{ points_type() }}
    )
{%- endmacro %}

{# Whether points meet all three thresholds of an MQL. #}
{% macro is_mql(attribute_points, behaviour_points, settings) -%}
    (
        {{ attribute_points }} >= {{ settings }}.min_attribute
        and {{ behaviour_points }} >= {{ settings }}.min_behaviour
        and {{ attribute_points }} + {{ behaviour_points }} >= {{ settings }}.min_total
    )
{%- endmacro %}

{# An instant as it is written in reports: 2025-02-01T02:00:00Z, with a fraction only if it has one. #}
{% macro instant_text(instant) -%}
    {{ return(adapter.dispatch('instant_text')(instant)) }}
{%- endmacro %}

{% macro default__instant_text(instant) -%}
    (
        strftime({{ instant }} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S')
        || case
            when {{ microseconds(instant) }} % 1000000 = 0 then ''
            else '.' || rtrim(strftime({{ instant }} at time zone 'UTC', '%f'), '0')
        end
        || 'Z'
    )
{%- endmacro %}

{# Points as a salesperson reads them: +13.2, -25. #}
{% macro points_text(points) -%}
    {{ return(adapter.dispatch('points_text')(points)) }}
{%- endmacro %}

{% macro default__points_text(points) -%}
    (
        case when {{ points }} < 0 then '-' else '+' end
        || replace(format('{:.1f}', abs(cast({{ points }} as double))), '.0', '')
    )
{%- endmacro %}

{# Words with a capital first letter. #}
{% macro capitalised(words) -%}
    (upper(left({{ words }}, 1)) || substring({{ words }}, 2))
{%- endmacro %}

{# `account.employee_count` in words: Employee count. #}
{% macro field_words(field) -%}
    {{ capitalised("replace(split_part(" ~ field ~ ", '.', 2), '_', ' ')") }}
{%- endmacro %}

{# A list of words, empty where it is unknown. #}
{% macro known_texts(list) -%}
    {{ return(adapter.dispatch('known_texts')(list)) }}
{%- endmacro %}

{% macro default__known_texts(list) -%}
    coalesce({{ list }}, cast([] as varchar []))
{%- endmacro %}

{# One row per person and property that a rule asks for; relations `person`, `account` and `rules`. #}
{% macro asked_properties(person_fields, account_fields) -%}
    {%- for field in person_fields %}
    select
        person.person_id,
        'person.{{ field }}' as field,
        cast(person.{{ field }} as varchar) as text_value,
        cast(null as {{ attribute_number() }}) as number_value
    from person
    where 'person.{{ field }}' in (select rules.field from rules)

    union all
    {% endfor -%}
    {%- for field in account_fields %}
    select
        person.person_id,
        'account.{{ field }}' as field,
        cast(account.{{ field }} as varchar) as text_value,
        cast(
            {{ 'account.employee_count' if field == 'employee_count' else 'null' }}
            as {{ attribute_number() }}
        ) as number_value
    from person
    inner join account
        on person.account_id = account.account_id
    where 'account.{{ field }}' in (select rules.field from rules)
    {%- if not loop.last %}

    union all
    {% endif -%}
    {%- endfor %}
{%- endmacro %}

{# One row per person and column that is known, as features worth 1. #}
{% macro words_as_features(relation, columns, known_at) -%}
    {%- for column in columns %}
    select
        person_id,
        '{{ column }}' as subject,
        cast({{ column }} as varchar) as item,
        1.0 as value,
        {{ known_at }} as known_at
    from {{ relation }}
    where {{ column }} is not null
    {%- if not loop.last %}

    union all
    {% endif -%}
    {%- endfor %}
{%- endmacro %}

{# A feature as a salesperson reads it: Seniority: director, Webinar attend, Employee count. #}
{% macro feature_words(subject, item) -%}
    case
        when {{ subject }} = 'touch' then {{ capitalised("replace(" ~ item ~ ", '_', ' ')") }}
        when {{ subject }} = 'behaviour' then 'Recent activity'
        else {{ capitalised("replace(" ~ subject ~ ", '_', ' ')") }} || coalesce(': ' || {{ item }}, '')
    end
{%- endmacro %}

{# What a part of the log-odds does to the odds: ` (odds x2.5)`. #}
{% macro odds_text(contribution) -%}
    {{ return(adapter.dispatch('odds_text')(contribution)) }}
{%- endmacro %}

{% macro default__odds_text(contribution) -%}
    format(' (odds x{:.2g})', exp({{ contribution }}))
{%- endmacro %}

{# Figures of a fit, one column each. #}
{% macro figures(names) -%}
    {%- for name in names %}
        max(value) filter (where part = 'figure' and item = '{{ name }}') as {{ name }}
        {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
