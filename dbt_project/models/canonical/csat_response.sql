with

zendesk_ratings as (

    select * from {{ ref('stg_zendesk__satisfaction_ratings') }}
    where not is_deleted

),

zendesk_answers as (

    select * from {{ ref('stg_zendesk__satisfaction_rating_versions') }}
    where is_response

),

intercom_ratings as (

    select * from {{ ref('stg_intercom__conversation_ratings') }}

),

intercom_answers as (

    select * from {{ ref('stg_intercom__conversation_rating_versions') }}

),

csat_scores as (

    select * from {{ ref('csat_score_map') }}

),

ticket as (

    select * from {{ ref('ticket') }}

),

person_map as (

    select * from {{ ref('person_map') }}

),

answers as (

    select
        {{ record_reference(
            'zendesk', 'satisfaction_ratings', 'zendesk_ratings.satisfaction_rating_id'
        ) }} as record_reference,
        {{ record_reference('zendesk', 'tickets', 'zendesk_ratings.ticket_id') }}
            as ticket_reference,
        {{ record_reference('zendesk', 'users', 'zendesk_ratings.requester_id') }}
            as person_reference,
        zendesk_answers.version_number,
        zendesk_answers.score as source_score,
        zendesk_answers.responded_at,
        zendesk_ratings._extracted_at
    from zendesk_answers
    inner join zendesk_ratings
        on zendesk_answers.satisfaction_rating_id = zendesk_ratings.satisfaction_rating_id

    union all

    -- A conversation has one rating at most, and no id for it.
    select
        {{ record_reference('intercom', 'conversations', 'intercom_ratings.conversation_id') }}
            as record_reference,
        {{ record_reference('intercom', 'conversations', 'intercom_ratings.conversation_id') }}
            as ticket_reference,
        {{ record_reference('intercom', 'contacts', 'intercom_ratings.contact_id') }}
            as person_reference,
        intercom_answers.version_number,
        cast(intercom_answers.score as varchar) as source_score,
        coalesce(intercom_answers.responded_at, intercom_answers.requested_at) as responded_at,
        intercom_ratings._extracted_at
    from intercom_answers
    inner join intercom_ratings
        on intercom_answers.conversation_id = intercom_ratings.conversation_id

),

referenced as (

    select
        *,
        {{ reference_parts('record_reference') }}
    from answers

),

scored as (

    select
        referenced.*,
        csat_scores.score,
        coalesce(cast(csat_scores.score as varchar), referenced.source_score) as answer
    from referenced
    left join csat_scores
        on
            referenced.source = csat_scores.source
            and referenced.source_score = csat_scores.source_score

),

compared as (

    select
        *,
        lag(answer) over (partition by record_reference order by version_number)
            as answer_before
    from scored

),

-- A remark that came later, or another word for the same score, is no other answer.
numbered as (

    select
        *,
        row_number() over (partition by record_reference order by version_number)
            as answer_number
    from compared
    where answer is distinct from answer_before

),

named as (

    select
        *,
        case
            when answer_number = 1 then record_reference
            else record_reference || '/' || cast(answer_number as varchar)
        end as answer_reference
    from numbered

),

final as (

    select
        {{ entity_id('csa', 'named.answer_reference') }} as response_id,
        ticket.ticket_id,
        coalesce(person_map.person_id, ticket.requester_person_id) as person_id,
        named.score,
        named.responded_at,
        named.source_score,
        named.source,
        named.source_record_id,
        named._extracted_at
    from named
    left join ticket
        on {{ entity_id('tic', 'named.ticket_reference') }} = ticket.ticket_id
    left join person_map
        on named.person_reference = person_map.record_reference

)

select * from final
