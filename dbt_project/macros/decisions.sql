{#
What may be asked of a subject: its facts by type. Each is a column of `opportunity_signals` or
`person_signals`; the conditions that ask are declared in warehouse/rules/conditions.py.
#}
{% macro decision_facts(subject) -%}
    {{ return({
        'opportunity': {
            'numbers': [
                'local_amount', 'amount', 'days_until_close', 'stage_number', 'probability_pct',
                'days_in_stage', 'days_since_engagement', 'health_score',
            ],
            'words': [
                'owner_id', 'stage', 'forecast_category', 'opportunity_type', 'next_step', 'segment',
                'health_band',
            ],
            'flags': [
                'is_close_date_overdue', 'is_stalled', 'has_no_contact', 'is_target_account',
            ],
        },
        'person': {
            'numbers': ['days_in_stage', 'days_since_engagement', 'lead_score'],
            'words': [
                'account_id', 'owner_id', 'current_stage', 'email', 'title', 'seniority',
                'lead_channel', 'segment', 'missing_information', 'lead_grade',
            ],
            'flags': [
                'was_mql', 'awaits_response', 'is_response_overdue', 'is_decision_overdue',
                'is_in_open_opportunity', 'is_buyer', 'is_target_account', 'meets_mql_thresholds',
            ],
        },
    }[subject]) }}
{%- endmacro %}

{# One row per subject and condition asked of it, with the fact that it asks for. #}
{% macro asked_of(subject, signals, subject_id) -%}
    {%- set facts = decision_facts(subject) -%}
    select
        {{ signals }}.{{ subject_id }} as subject_id,
        conditions.rule_key,
        conditions.condition_no,
        conditions.operator,
        conditions.unit,
        conditions.limit_number,
        conditions.limit_word,
        conditions.limit_flag,
        conditions.phrase_en,
        conditions.phrase_ja,
        conditions.holds_if_unknown,
        conditions.unknown_en,
        conditions.unknown_ja,
        {{ fact_of(signals, facts.numbers, 'decimal(38, 10)') }} as fact_number,
        {{ fact_of(signals, facts.words, 'varchar') }} as fact_word,
        {{ fact_of(signals, facts.flags, 'boolean') }} as fact_flag
    from {{ signals }}
    cross join conditions
    where conditions.subject = '{{ subject }}'
{%- endmacro %}

{% macro fact_of(signals, facts, type) -%}
    case conditions.fact
        {%- for fact in facts %}
        when '{{ fact }}' then cast({{ signals }}.{{ fact }} as {{ type }})
        {%- endfor %}
    end
{%- endmacro %}

{# Whether what was asked is so; of an unknown fact only what is said of the unknown. #}
{% macro condition_holds() -%}
    coalesce(
        case operator
            when 'is null' then (fact_number is null and fact_word is null) = limit_flag
            when 'is' then fact_flag = limit_flag
            when 'in' then fact_word = limit_word
            when '>' then fact_number > limit_number
            when '>=' then fact_number >= limit_number
            when '<' then fact_number < limit_number
            when '<=' then fact_number <= limit_number
        end,
        holds_if_unknown
    )
{%- endmacro %}

{# A fact as it is told: whole days, minutes and counts, or two decimal places. #}
{% macro told_fact() -%}
    case
        when unit = 'word' then fact_word
        when unit = 'whole' then cast(cast(floor(fact_number) as decimal(38, 0)) as varchar)
        else cast(cast(fact_number as decimal(38, 2)) as varchar)
    end
{%- endmacro %}

{# A phrase with the fact in it, null where there is nothing to tell; one day is no days. #}
{% macro told(language) -%}
    nullif(
        coalesce(
            case when told_fact is null then unknown_{{ language }} end,
            replace(
                replace(phrase_{{ language }}, '{value}', coalesce(told_fact, '')),
                ' 1 days', ' 1 day'
            )
        ),
        ''
    )
{%- endmacro %}

{# The stage, and what held there; a rule may ask for nothing but the stage. #}
{% macro reason_of(stage, because, is_default, colon, by_default) -%}
    case
        when {{ is_default }} then coalesce({{ stage }} || '{{ colon }}', '') || '{{ by_default }}'
        when {{ because }} is null then {{ stage }}
        else coalesce({{ stage }} || '{{ colon }}', '') || {{ because }}
    end
{%- endmacro %}

{# Aggregate: texts one after the other. #}
{% macro joined(text, separator, position) -%}
    {{ return(adapter.dispatch('joined')(text, separator, position)) }}
{%- endmacro %}

{% macro default__joined(text, separator, position) -%}
    string_agg({{ text }}, '{{ separator }}' order by {{ position }})
{%- endmacro %}

{#
The id of what a row is about, if it is about this kind of thing: to be joined by. As a condition of
its own beside the id it would keep the join from hashing, and all would be compared with all.
#}
{% macro subject_of(subject, relation) -%}
    case when {{ relation }}.subject = '{{ subject }}' then {{ relation }}.subject_id end
{%- endmacro %}

{# How much longer than so many days something has lasted, or null where nobody knows. #}
{% macro days_since(instant) -%}
    {{ as_days('(' ~ microseconds(policy('as_of')) ~ ' - ' ~ microseconds(instant) ~ ')') }}
{%- endmacro %}

{# What a table of decisions that was built before says, with the day since which it stands. #}
{% macro standing_decisions(table) -%}
    {%- set built_before = load_cached_relation(table) -%}
    {%- if built_before -%}
    {{ built_before }}
    {%- else -%}
    (
        select
            decision_key,
            action,
            {{ policy('as_of_date') }} as since_date
        from {{ ref('decisions') }}
    )
    {%- endif -%}
{%- endmacro %}
