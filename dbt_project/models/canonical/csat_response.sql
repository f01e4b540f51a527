with

zendesk_ratings as (

    select * from {{ ref('stg_zendesk__satisfaction_ratings') }}
    where is_response and not is_deleted

),

intercom_ratings as (

    select * from {{ ref('stg_intercom__conversation_ratings') }}

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

responses as (

    select
        {{ record_reference('zendesk', 'satisfaction_ratings', 'satisfaction_rating_id') }}
            as record_reference,
        {{ record_reference('zendesk', 'tickets', 'ticket_id') }} as ticket_reference,
        {{ record_reference('zendesk', 'users', 'requester_id') }} as person_reference,
        score as source_score,
        responded_at,
        _extracted_at
    from zendesk_ratings

    union all

    -- A conversation has one rating at most, and no id for it.
    select
        {{ record_reference('intercom', 'conversations', 'conversation_id') }}
            as record_reference,
        {{ record_reference('intercom', 'conversations', 'conversation_id') }}
            as ticket_reference,
        {{ record_reference('intercom', 'contacts', 'contact_id') }} as person_reference,
        cast(score as varchar) as source_score,
        coalesce(responded_at, requested_at) as responded_at,
        _extracted_at
    from intercom_ratings

),

referenced as (

    select
        *,
        {{ reference_parts('record_reference') }}
    from responses

),

final as (

    select
        {{ entity_id('csa', 'referenced.record_reference') }} as response_id,
        ticket.ticket_id,
        coalesce(person_map.person_id, ticket.requester_person_id) as person_id,
        csat_scores.score,
        referenced.responded_at,
        referenced.source_score,
        referenced.source,
        referenced.source_record_id,
        referenced._extracted_at
    from referenced
    left join ticket
        on {{ entity_id('tic', 'referenced.ticket_reference') }} = ticket.ticket_id
    left join csat_scores
        on
            referenced.source = csat_scores.source
            and referenced.source_score = csat_scores.source_score
    left join person_map
        on referenced.person_reference = person_map.record_reference

)

select * from final
