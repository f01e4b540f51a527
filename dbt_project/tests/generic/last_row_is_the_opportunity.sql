{# The history of an opportunity has no gap, is in order of time, and ends at what is true now. #}
{% test last_row_is_the_opportunity(model) %}

with

history as (

    select
        *,
        max(seq) over (partition by opportunity_id) as last_seq,
        count(*) over (partition by opportunity_id) as row_count,
        lag(entered_at) over (partition by opportunity_id order by seq) as previous_entered_at
    from {{ model }}

)

select opportunities.opportunity_id
from {{ ref('opportunity') }} as opportunities
left join history
    on
        opportunities.opportunity_id = history.opportunity_id
        and history.seq = history.last_seq
where
    history.opportunity_id is null
    or history.row_count != history.last_seq
    or opportunities.stage is distinct from history.stage
    or opportunities.amount is distinct from history.amount
    or opportunities.probability_pct is distinct from history.probability_pct
    or opportunities.close_date is distinct from history.close_date
    or opportunities.forecast_category is distinct from history.forecast_category

union all

select opportunity_id
from history
where entered_at < previous_entered_at

{% endtest %}
