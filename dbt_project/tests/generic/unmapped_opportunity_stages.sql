{# Stages of opportunities that seeds/opportunity_stage_map.csv does not know: they keep the tool's label. #}
{% test unmapped_opportunity_stages(model) %}

select distinct
    history.source,
    history.stage
from {{ model }} as history
where
    history.stage is null
    or history.stage not in (
        select stages.stage
        from {{ ref('opportunity_stage') }} as stages
        where stages.is_mapped and stages.stage is not null
    )

{% endtest %}
