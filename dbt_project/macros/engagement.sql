{#
What counts as being in touch, for health and for next actions: CTEs `touch` and `activity`, seen
from the as-of instant, every touch but those that attribution leaves out.
#}
{% macro engagements_seen() -%}
touch as (

    select * from {{ ref('touch') }}
    where
        occurred_at < {{ policy('as_of') }}
        and touch_type not in {{ policy_list('attribution_excluded_touch_types') }}

),

activity as (

    select * from {{ ref('activity') }}
    where occurred_at < {{ policy('as_of') }}

),
{%- endmacro %}

{# Whom they are with, as the CTE `person`: whoever was erased is told by `is_deleted`. #}
{% macro who_engages() -%}
-- Where somebody works is known from the day on which they are.
person as (

    select
        person_id,
        is_deleted,
        case
            when created_at is null or created_at < {{ policy('as_of') }} then account_id
        end as account_id
    from {{ ref('person') }}

),
{%- endmacro %}
