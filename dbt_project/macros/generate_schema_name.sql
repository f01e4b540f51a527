{# A folder's schema is its own name, with no target prefix: analysts and syncs address it directly. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
