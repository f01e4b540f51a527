-- The pipeline of the mart is the metrics'; one version of every history holds now, and at a time.
with

summed as (

    select
        count(*) as opportunity_count,
        {{ money_sum('amount') }} as pipeline_value,
        {{ money_sum('weighted_amount') }} as weighted_value
    from {{ ref('opportunities') }}
    where is_pipeline

)

select 'pipeline' as differing
from {{ ref('pipeline') }} as pipeline
cross join summed
where
    pipeline.opportunity_count != summed.opportunity_count
    or pipeline.pipeline_value != summed.pipeline_value
    or pipeline.weighted_value != summed.weighted_value

union all

select opportunities.opportunity_id as differing
from {{ ref('opportunities') }} as opportunities
inner join {{ ref('opportunity_history') }} as history
    on opportunities.opportunity_id = history.opportunity_id
group by opportunities.opportunity_id
having count(*) filter (where history.is_current) != 1

union all

-- At no instant two versions of one opportunity hold.
select opportunity_id as differing
from (
    select
        opportunity_id,
        valid_to,
        lead(valid_from) over (partition by opportunity_id order by valid_from, seq) as next_from
    from {{ ref('opportunity_history') }}
)
where valid_to > next_from
