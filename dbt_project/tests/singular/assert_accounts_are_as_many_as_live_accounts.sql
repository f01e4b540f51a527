-- A join that fans out or drops rows would show a company twice or hide it, and sync both.
with

expected as (

    select count(distinct account_id) as row_count
    from {{ ref('account_map') }}
    where not is_deleted

),

found as (

    select count(*) as row_count from {{ ref('accounts') }}

)

select
    expected.row_count as expected_row_count,
    found.row_count as found_row_count
from expected
cross join found
where expected.row_count != found.row_count
