-- Exactly, in whole numbers: a share lost here is revenue that no channel is credited with.
select
    model,
    scope,
    opportunity_id
from {{ ref('attribution_weights') }}
group by model, scope, opportunity_id
having
    sum(weight_parts) != max(weight_total)
    or min(weight_total) != max(weight_total)
    or max(weight_total) <= 0
