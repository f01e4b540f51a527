{# A choice of the company that has one value; declared in policy.yml. #}
{% macro policy(choice) -%}
    (select {{ choice }} from {{ ref('policy_settings') }})
{%- endmacro %}

{# The words of a choice that is a list, for `in`. #}
{% macro policy_list(list) -%}
    (select item from {{ ref('policy_lists') }} where list = '{{ list }}')
{%- endmacro %}
