{#
What differs between DuckDB's own file and a lake, which has neither keys nor whole numbers beyond
2^53 (docs/decisions/0058-a-lake-for-several-machines.md).
#}
{% macro is_lake() -%}
    {{ return(target.name == 'ducklake') }}
{%- endmacro %}

{# A table's last line: its key. What a lake cannot refuse is kept out by who writes. #}
{% macro primary_key(columns) -%}
    {%- if not is_lake() %}, primary key ({{ columns }}){% endif -%}
{%- endmacro %}

{# Rows in the place of those of the same key: `rows` are values, `keys` the literals of their keys. #}
{% macro put_rows(table, key, keys, rows) -%}
    {%- if is_lake() -%}
        delete from {{ table }} where {{ key }} in ({{ keys | join(', ') }});
        insert into {{ table }} values {{ rows | join(', ') }};
    {%- else -%}
        insert or replace into {{ table }} values {{ rows | join(', ') }};
    {%- endif -%}
{%- endmacro %}

{#
A whole number as a table keeps it, where it may reach 2^53: Parquet has decimals of 38 digits, but no
HUGEINT. The same in a file, so that a column has one type; `whole` makes it one to calculate with.
#}
{% macro kept_whole(number) -%}
    cast({{ number }} as decimal(38, 0))
{%- endmacro %}

{# The sum of hashes, exact: a lake keeps a HUGEINT as a double. #}
{% macro sum_of_hashes(hashes) -%}
    {%- if is_lake() -%} cast(sum({{ hashes }}) as varchar) {%- else -%} sum({{ hashes }}) {%- endif -%}
{%- endmacro %}

{# At the end of a build: stop before anything is judged or sent of a number that was not kept whole. #}
{% macro refuse_inexact_numbers() -%}
    {%- if execute and is_lake() and flags.WHICH in ('run', 'build') -%}
        {%- set wide = run_query(
            "select schema_name, table_name, column_name from duckdb_columns()"
            ~ " where database_name = '" ~ target.database ~ "' and data_type in ('HUGEINT', 'UHUGEINT')"
            ~ " and table_name in (select table_name from duckdb_tables() where database_name = '"
            ~ target.database ~ "')"
        ).rows -%}
        {%- set sizes = [] -%}
        {%- for schema, table, column in wide -%}
            {%- do sizes.append(
                "select '" ~ schema ~ '.' ~ table ~ '.' ~ column ~ "' as place, max(abs(cast(\"" ~ column
                ~ '\" as double))) as size from ' ~ schema ~ '.' ~ table
            ) -%}
        {%- endfor -%}
        {%- if sizes -%}
            {%- set inexact = run_query(
                'select place from (' ~ sizes | join(' union all ') ~ ') where size >= 9007199254740992'
            ).columns[0].values() -%}
            {%- if inexact -%}
                {%- do exceptions.raise_compiler_error(
                    'a lake cannot keep these numbers whole, which reach 2^53: ' ~ inexact | join(', ')
                ) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
