{#
Once a crossing is recorded it stays as it is, whatever the rules say later: no build drops this
table, also none with --full-refresh. What is erased is forgotten.
-#}
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false,
        on_schema_change='append_new_columns',
        post_hook="delete from {{ this }} where person_id in (select person_id from {{ ref('person') }} where is_deleted)",
    )
}}
with

crossings as (

    select * from {{ ref('lead_threshold_crossings') }}

),

final as (

    select
        person_id,
        first_mql_at,
        attribute_points,
        behaviour_points,
        rules_version,
        {{ policy('as_of') }} as recorded_as_of
    from crossings
    {% if is_incremental() %}
        where person_id not in (select recorded.person_id from {{ this }} as recorded)
    {%- endif %}

)

select * from final
