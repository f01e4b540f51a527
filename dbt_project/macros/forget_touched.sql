{#
Before an incremental model is built: away with the rows of every raw key that was landed since, or
a part that vanished from its record, such as a removed discount, would stay. What the model then
reads again are the same keys, or more.
#}
{% macro forget_touched() -%}
    {%- if execute and is_incremental() -%}
        {#- A staging model reads one source, if more than once. -#}
        {%- set name, table = model.sources[0] -%}
        delete from {{ this }} where _key in ({{ unseen_keys(source(name, table)) }})
    {%- endif -%}
{%- endmacro %}
