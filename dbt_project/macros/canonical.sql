{# Declared in dbt_project.yml; no segment without an employee count. #}
{% macro segment(employee_count) -%}
    {%- set floors = var('segment_floor').items() | sort(attribute='1', reverse=true) -%}
    case
        {%- for name, floor in floors %}
        when {{ employee_count }} >= {{ floor }} then '{{ name }}'
        {%- endfor %}
        when {{ employee_count }} is not null then 'SMB'
    end
{%- endmacro %}

{# A whole percentage; what lies outside 0 to 100 is a mistake of the tool, not a probability. #}
{% macro percentage(number) -%}
    case when {{ number }} between 0 and 100 then cast(round({{ number }}) as integer) end
{%- endmacro %}

{# The category that a tool told, in our words; else what closing and probability imply. #}
{% macro forecast_category(told) -%}
    {%- set floors = var('forecast_category_floor').items() | sort(attribute='1', reverse=true) -%}
    case
        when {{ told }} is not null then {{ told }}
        when is_won then 'Closed'
        when is_closed then 'Omitted'
        {%- for name, floor in floors %}
        when probability_pct >= {{ floor }} then '{{ name }}'
        {%- endfor %}
        else 'Pipeline'
    end
{%- endmacro %}

{# A tool's label as a plain word: `Paid Search` and `PAID_SEARCH` are one channel. #}
{% macro snake_cased(text) -%}
    nullif(trim(regexp_replace(lower({{ text }}), '[^\p{L}\p{N}]+', '_', 'g'), '_'), '')
{%- endmacro %}

{# What was told last up to a moment; `told` is null where nothing was told, and empty for emptied. #}
{% macro carried_forward(told) -%}
    last_value({{ told }} ignore nulls) over (
        partition by opportunity_id
        order by entered_at
        rows between unbounded preceding and current row
    )
{%- endmacro %}

{# The value of the row that comes last, nulls passed over. #}
{% macro last_by(value, position) -%}
    {{ return(adapter.dispatch('last_by')(value, position)) }}
{%- endmacro %}

{% macro default__last_by(value, position) -%}
    arg_max({{ value }}, {{ position }})
{%- endmacro %}

{# The second in which an instant lies: tools stamp the parts of one save some milliseconds apart. #}
{% macro second_of(instant) -%}
    {{ return(adapter.dispatch('second_of')(instant)) }}
{%- endmacro %}

{% macro default__second_of(instant) -%}
    date_trunc('second', {{ instant }})
{%- endmacro %}

{# Whether a title says that something is shown: one of `demo_words` is in it. #}
{% macro says_demo(folded_text) -%}
    (
        false
        {%- for word in var('demo_words') %}
        or coalesce({{ holds_text(folded_text, "'" ~ word ~ "'") }}, false)
        {%- endfor %}
    )
{%- endmacro %}

{# Whether a label that people gave a contact says that it counts first. #}
{% macro is_primary_contact_label(folded_label) -%}
    {{ folded_label }} in ('{{ var("primary_contact_labels") | join("', '") }}')
{%- endmacro %}

{# Whether a call, an e-mail or a meeting took place; what nobody said anything of did. #}
{% macro did_happen(kind, outcome) -%}
    {%- set outcomes = var('activity_did_not_happen').get(kind, []) -%}
    coalesce({{ outcome }} not in ('{{ outcomes | join("', '") }}'), true)
{%- endmacro %}

{# Whether one text holds another, whatever the case. #}
{% macro holds_text(text, part) -%}
    position(lower({{ part }}) in lower({{ text }})) > 0
{%- endmacro %}

{# The best place of a tool among rows of one interaction that lie minutes apart. #}
{% macro best_precedence_nearby(precedence, interaction, instant, minutes) -%}
    {{ return(adapter.dispatch('best_precedence_nearby')(precedence, interaction, instant, minutes)) }}
{%- endmacro %}

{% macro default__best_precedence_nearby(precedence, interaction, instant, minutes) -%}
    min({{ precedence }}) over (
        partition by {{ interaction | join(', ') }}
        order by {{ instant }}
        range between interval {{ minutes }} minute preceding and interval {{ minutes }} minute following
    )
{%- endmacro %}
