with

company_records as (

    select * from {{ ref('company_records') }}

),

-- A name points to an account only where exactly one domain carries it.
names_of_one_domain as (

    select
        normalised_name,
        min(normalised_domain) as normalised_domain
    from company_records
    where normalised_name is not null and normalised_domain is not null
    group by normalised_name
    having count(distinct normalised_domain) = 1

),

-- Only a record without a domain needs its name to find an account.
placeable as (

    select
        *,
        case when normalised_domain is null then normalised_name end as placing_name
    from company_records

),

placed as (

    select
        placeable.*,
        case
            when placeable.normalised_domain is not null then 'domain'
            when placeable.normalised_name is not null then 'name'
            else 'own_record'
        end as match_rule,
        coalesce(
            'domain:' || placeable.normalised_domain,
            'domain:' || names_of_one_domain.normalised_domain,
            'name:' || placeable.placing_name,
            placeable.record_reference
        ) as cluster_key
    from placeable
    left join names_of_one_domain
        on placeable.placing_name = names_of_one_domain.normalised_name

),

founded as (

    select
        *,
        {{ founder('cluster_key') }} as founder_reference,
        count(*) over (partition by cluster_key) as record_count
    from placed

),

-- A record that stands alone matched nothing, whatever it could have matched on.
explained as (

    select
        *,
        case when record_count = 1 then 'own_record' else match_rule end as explained_rule
    from founded

),

final as (

    select
        record_reference,
        source,
        source_object,
        source_record_id,
        {{ entity_id('acc', 'founder_reference') }} as account_id,
        explained_rule as match_rule,
        case explained_rule
            when 'domain' then normalised_domain
            when 'name' then normalised_name
            else record_reference
        end as match_value,
        founder_reference,
        is_deleted,
        created_at,
        updated_at
    from explained

)

select * from final
