-- One definition of accuracy and bias for every method: of commitments it is the metric's.
with

calls as (

    select * from {{ ref('forecast_calls') }}

),

commits as (

    select * from {{ ref('forecast_methods') }}
    where method = 'commit'

),

final as (

    select
        coalesce(calls.snapshot_date, commits.snapshot_date) as snapshot_date,
        coalesce(calls.period, commits.period) as period
    from calls
    full join commits
        on
            calls.snapshot_date = commits.snapshot_date
            and calls.period = commits.period
    where
        calls.accuracy is distinct from commits.accuracy
        or calls.bias is distinct from commits.bias
        or calls.snapshot_date is null
        or commits.snapshot_date is null

)

select * from final
