with

accounts as (

    select * from {{ ref('accounts') }}

),

totals as (

    select * from {{ ref('account_score_totals') }}

),

reasons as (

    select * from {{ ref('account_score_reasons') }}

),

buying_groups as (

    select * from {{ ref('buying_groups') }}

),

covered as (

    select
        account_id,
        count(*) as roles_wanted,
        count(*) filter (where known_people > 0) as roles_known,
        count(*) filter (where engaged_people > 0) as roles_engaged,
        {{ ordered_list('role', 'position', 'known_people = 0') }} as roles_missing
    from buying_groups
    group by account_id

),

final as (

    select
        accounts.account_id,
        totals.account_score,
        totals.account_tier,
        cast(totals.fit_points as decimal(12, 4)) as fit_points,
        cast(totals.intent_points as decimal(14, 10)) as intent_points,
        totals.fit_grade,
        totals.intent_grade,
        coalesce(covered.roles_wanted, 0) as roles_wanted,
        coalesce(covered.roles_known, 0) as roles_known,
        coalesce(covered.roles_engaged, 0) as roles_engaged,
        {{ ratio('covered.roles_known', 'covered.roles_wanted', places=0) }} as coverage,
        {{ ratio('covered.roles_engaged', 'covered.roles_wanted', places=0) }}
            as engaged_coverage,
        {{ known_texts('covered.roles_missing') }} as roles_missing,
        reasons.reasons
    from accounts
    inner join totals
        on accounts.account_id = totals.account_id
    inner join reasons
        on accounts.account_id = reasons.account_id
    left join covered
        on accounts.account_id = covered.account_id

)

select * from final
