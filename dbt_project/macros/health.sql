{# A choice of rules/health.yml that has one value; null without the document. #}
{% macro health(choice) -%}
    (select {{ choice }} from {{ ref('health_settings') }})
{%- endmacro %}

{# Points as whole ten-thousandths. #}
{% macro whole_points(points) -%}
    {{ whole(points, 4) }}
{%- endmacro %}

{# Ten-thousandths of points, times `of`, from 0 to 100 points whatever is declared. #}
{% macro bounded_points(parts, of='1') -%}
    greatest(least({{ parts }}, cast(1000000 as hugeint) * {{ of }}), 0)
{%- endmacro %}

{# A part of the score in common units: the points of a component over what they are parts of. #}
{% macro weighed(component) -%}
    coalesce({{ component }}_weight * {{ component }}_parts * (unit // {{ component }}_whole), 0)
{%- endmacro %}

{# The weight of a component that has points. #}
{% macro weight_present(component) -%}
    case when {{ component }}_parts is null then 0 else coalesce({{ component }}_weight, 0) end
{%- endmacro %}

{% macro health_components_in_order() -%}
    {{ return(['usage', 'support', 'sentiment', 'financial', 'engagement']) }}
{%- endmacro %}

{# `1 ticket`, `2 tickets`. #}
{% macro counted(number, noun) -%}
    {{ number }} || case when {{ number }} = 1 then ' {{ noun }}' else ' {{ noun }}s' end
{%- endmacro %}

{# Why a component has the points that it has, or why it has none: what a person can check. #}
{% macro health_reason(component) -%}
    {%- if component == 'usage' -%}
    case
        when usage_month is null then 'no month of use has begun'
        when licensed_seats is null then 'no seats are known for ' || usage_month
        when licensed_seats <= 0 then 'no seats are licensed in ' || usage_month
        when active_users is null then 'no active users are known for ' || usage_month
        else active_users || ' of ' || {{ counted('licensed_seats', 'seat') }}
            || ' active in ' || usage_month
    end
    {%- elif component == 'support' -%}
    {{ counted('unsolved_tickets', 'ticket') }} || ' unsolved, ' || reopened_tickets
    || ' reopened in 90 days'
    {%- elif component == 'sentiment' -%}
    case
        when respondents = 0
            then 'nobody answered in ' || {{ health('sentiment_window_days') }} || ' days'
        else {{ counted('promoters', 'promoter') }} || ', ' || {{ counted('passives', 'passive') }}
            || ', ' || {{ counted('detractors', 'detractor') }}
    end
    {%- elif component == 'financial' -%}
    case
        when is_past_due then 'a payment is past due'
        when last_contraction_month is not null
            then 'it pays less since ' || last_contraction_month
        else 'no payment is past due, and it pays no less than 3 months ago'
    end
    {%- else -%}
    case
        when contacted_at is null then 'no contact is known'
        else 'last contact ' || {{ counted('days_since_contact', 'day') }} || ' ago ('
            || replace(contact_kind, '_', ' ') || ')'
    end
    {%- endif -%}
{%- endmacro %}

{# A number without its decimal places, as text: cut, for 49.9 is not 50. #}
{% macro whole_number(number) -%}
    cast(cast(floor({{ number }}) as bigint) as varchar)
{%- endmacro %}
