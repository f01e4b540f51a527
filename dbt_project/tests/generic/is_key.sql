{#
The column names each row: it is never empty and no two rows share it. With `flag`, every row must
also say yes or no in that column. One query instead of three tests: a build runs hundreds of them.
#}
{% test is_key(model, column_name, flag='true') %}

select {{ column_name }}
from {{ model }}
group by {{ column_name }}
having count(*) > 1 or {{ column_name }} is null or count({{ flag }}) < count(*)

{% endtest %}
