{#
Before an incremental model is built: away with the rows of every raw key that was landed since, or
a part that vanished from its record, such as a removed discount, would stay. What the model then
reads again are the same keys, or more.
#}
{% macro forget_touched() -%}
    {%- if execute and is_incremental() -%}
        {#- A staging model reads one source, if more than once. -#}
        {%- set name, table = model.sources[0] -%}
        delete from {{ this }}
        where
            _key in (
                select landed._key
                from {{ source(name, table) }} as landed
                where
                    landed._extracted_at >= (
                        select coalesce(max(built._extracted_at), '-infinity') - {{ var('staging_overlap') }}
                        from {{ this }} as built
                    )
            )
    {%- endif -%}
{%- endmacro %}
