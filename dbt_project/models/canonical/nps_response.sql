with

responses as (

    select
        *,
        {{ valid_email(folded('email')) }} as normalised_email
    from {{ ref('stg_files__nps_responses') }}
    where not is_deleted

),

person_emails as (

    select * from {{ ref('person_emails') }}

),

person as (

    select * from {{ ref('person') }}

),

account_domains as (

    select * from {{ ref('account_domains') }}

),

-- Who is not known by the address may be at a company that is known by its domain.
located as (

    select
        responses.*,
        person.person_id,
        person.account_id,
        {{ registrable_domain("split_part(responses.normalised_email, '@', 2)") }} as mail_domain
    from responses
    left join person_emails
        on responses.normalised_email = person_emails.email
    left join person
        on person_emails.person_id = person.person_id

),

final as (

    select
        {{ entity_id('nps', record_reference('files', 'nps_responses', 'located.response_id')) }}
            as response_id,
        located.person_id,
        coalesce(located.account_id, account_domains.account_id) as account_id,
        located.score,
        located.responded_at,
        'files' as source,
        located.response_id as source_record_id,
        located._extracted_at
    from located
    left join account_domains
        on located.mail_domain = account_domains.domain

)

select * from final
