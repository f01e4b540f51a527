-- A score is read as parts of a hundred; an edited band must not silently move the whole scale.
with

best_bands as (

    select
        measure,
        max(points) as points
    from {{ ref('account_score_bands') }}
    group by measure

)

select sum(points) as total_points
from best_bands
having sum(points) != 100
