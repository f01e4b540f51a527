{# Of one thing, one version holds at a time: each ends before the next, the last may be open. #}
{% test no_overlap(model, column_name, valid_from='valid_from', valid_to='valid_to') %}

with versions as (

    select
        {{ column_name }},
        {{ valid_from }},
        {{ valid_to }},
        lead({{ valid_from }}) over (
            partition by {{ column_name }}
            order by {{ valid_from }}
        ) as next_valid_from
    from {{ model }}

)

select *
from versions
where
    {{ valid_to }} <= {{ valid_from }}
    or {{ valid_to }} > next_valid_from
    or ({{ valid_to }} is null and next_valid_from is not null)

{% endtest %}
