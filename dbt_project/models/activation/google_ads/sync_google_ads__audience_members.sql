with

consents as (

    select * from {{ ref('advertising_consent') }}
    where email is not null

),

people as (

    select * from {{ ref('people') }}

),

target_accounts as (

    select * from {{ ref('target_account') }}

),

final as (

    select
        consents.email,
        {{ first_by('people.person_id', 'people.person_id') }} as person_id,
        {{ first_by('people.account_id', 'people.person_id') }} as account_id
    from consents
    inner join people on consents.person_id = people.person_id
    inner join target_accounts on people.account_id = target_accounts.account_id
    group by consents.email

)

select * from final
