{#
The materialization `by_key`: a table of which a build makes only the keys anew whose inputs changed,
and comes to what a build of everything comes to.

A model tells in its config which key its rows belong to, and for each large input which key the
input's rows belong to; it reads those inputs through `affected` instead of `ref`:

    meta={'by_key': {'key': 'person_id', 'inputs': {
        'person_map': ['person_id'],
        'person_records': ['record_reference = person_map.record_reference'],
    }}}

A path is an expression over the input's own columns, or one that equals a column of another input,
whose paths then lead on. An input may have several; a row then belongs to the keys of all of them.
What is promised by that: the rows of a key are made of the rows of that key alone. Every other input
belongs to all keys.

Kept is a fingerprint of each key: the sum of the hashes of all rows of its inputs, as they are and
not as a build says it left them. So it does not matter what was built in between, by whom, or how
far it came. A key is affected if its fingerprint is another, new or gone; its rows are taken away and
made anew of its inputs' rows. Everything is made anew if the model's text or that of a macro or
variable in it, DuckDB, or any input of all keys is another; if the table was not made by this
materialization last, which its comment tells; and if more than a part of the keys is affected.
#}
{% macro affected(input) -%}
    {{ ref(input) }} /* affected: {{ input }} */
{%- endmacro %}

{% materialization by_key, adapter='duckdb' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set kept = 'ops.keys_of__' ~ this.identifier -%}
    {%- set made = this.identifier ~ '__' -%}
    {%- set stands = by_key_standing(kept) -%}
    {%- set definition = by_key_definition() -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {#- Temporary tables are made outside of the transaction: inside, they are planned as if empty. -#}
    {%- do run_query('create or replace temp table ' ~ made ~ 'now as ' ~ by_key_fingerprints()) -%}
    {%- set is_partial = not should_full_refresh() and stands.definition == definition -%}
    {%- if is_partial -%}
        {%- set counted = by_key_affected(made, kept) -%}
        {%- set is_partial = counted.affected <= counted.all * var('by_key_most') -%}
    {%- endif -%}
    {%- if is_partial -%}
        {%- set part = by_key_part(made) -%}
        {#- What leads to several keys may have brought a part of others' rows along. -#}
        {%- do run_query(
            'create or replace temp table ' ~ made ~ 'rows as select * from (' ~ part ~ ') as rows_made'
            ~ ' where hash(' ~ by_key_config().key ~ ') in (select key_hash from ' ~ made ~ 'affected)'
        ) -%}
    {%- endif -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement('main') -%}
        {%- if is_partial -%}
            delete from {{ target }}
            where hash({{ by_key_config().key }}) in (select key_hash from {{ made }}affected);
            insert into {{ target }} by name from {{ made }}rows;
            delete from {{ kept }} where key_hash in (select key_hash from {{ made }}affected);
            insert into {{ kept }}
            from {{ made }}now where key_hash in (select key_hash from {{ made }}affected);
        {%- else -%}
            {%- set state = definition ~ ' ' ~ invocation_id ~ ' ' ~ run_started_at.isoformat() -%}
            {%- if existing is not none %}drop {{ existing.type }} {{ existing }};{% endif %}
            {{ create_table_as(False, target, compiled_code) }};
            create or replace table {{ kept }} as from {{ made }}now;
            comment on table {{ target }} is '{{ state }}';
            comment on table {{ kept }} is '{{ state }}';
        {%- endif -%}
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {%- for table in ('now', 'affected', 'rows') -%}
        {%- do run_query('drop table if exists temp.' ~ made ~ table) -%}
    {%- endfor -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{% macro by_key_config() -%}
    {{ return(model.config.meta.by_key) }}
{%- endmacro %}

{# The definition that a standing table was made by, none unless it and its keys were made together. #}
{% macro by_key_standing(kept) -%}
    {%- set found = run_query(
        "select min(comment), count(distinct comment) = 1 and count(comment) = 2 from duckdb_tables()"
        ~ " where database_name = '" ~ this.database ~ "' and ((schema_name = '" ~ this.schema
        ~ "' and table_name = '" ~ this.identifier ~ "') or (schema_name || '.' || table_name) = '"
        ~ kept ~ "')"
    ).rows[0] -%}
    {{ return({'definition': found[0].split(' ')[0] if found[1] else none}) }}
{%- endmacro %}

{# A digest of everything that decides what becomes of a key's rows: the text, and the whole inputs. #}
{% macro by_key_definition() -%}
    {%- set sums = ['version()'] -%}
    {%- for node in by_key_inputs() if node.name not in by_key_config().inputs -%}
        {%- set columns = ['*'] -%}
        {%- if node.name == 'policy_settings' -%}
            {#- Read by column, by `policy`; the instant from which all is seen is another in every build. -#}
            {%- set columns = [] -%}
            {%- for column in adapter.get_columns_in_relation(by_key_relation(node))
                if modules.re.search('\\b' ~ column.name ~ '\\b', compiled_code) -%}
                {%- do columns.append(column.name) -%}
            {%- endfor -%}
            {%- do columns.append("''") -%}
        {%- endif -%}
        {%- set rows = 'select ' ~ columns | join(', ') ~ ' from ' ~ node.relation_name -%}
        {%- do sums.append(
            "(select concat_ws(' ', '" ~ node.name ~ "', count(*), sum(hash(input))) from (" ~ rows
            ~ ") as input)"
        ) -%}
    {%- endfor -%}
    {%- set whole = run_query("select concat_ws(' ', " ~ sums | join(', ') ~ ")").rows[0][0] -%}
    {{ return(local_md5([compiled_code, by_key_config() | string, whole] | join(' '))) }}
{%- endmacro %}

{% macro by_key_inputs() -%}
    {%- set nodes = [] -%}
    {%- for id in model.depends_on.nodes | unique | sort -%}
        {%- do nodes.append(graph.nodes[id]) -%}
    {%- endfor -%}
    {{ return(nodes) }}
{%- endmacro %}

{% macro by_key_relation(node) -%}
    {{ return(api.Relation.create(node.database, node.schema, node.alias)) }}
{%- endmacro %}

{# From an input to its keys: rows of `key_hash` and, for the input itself, `row_hash`. #}
{% macro by_key_path(input, path, columns) -%}
    {%- set onwards = modules.re.fullmatch('(.+) = ([a-z_]+)[.]([a-z_]+)', path) -%}
    {%- if onwards -%}
        {%- for path_onwards in by_key_config().inputs[onwards.group(2)] %}
        select
            onwards.key_hash,
            {{ columns }}
        from {{ by_key_input(input) }} as input
        inner join (
            select distinct *
            from ({{ by_key_path(onwards.group(2), path_onwards, 'input.' ~ onwards.group(3) ~ ' as onwards_by') }})
        ) as onwards
            on {{ onwards.group(1) }} = onwards.onwards_by
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    {%- else %}
        select
            hash({{ path }}) as key_hash,
            {{ columns }}
        from {{ by_key_input(input) }} as input
    {%- endif -%}
{%- endmacro %}

{% macro by_key_input(name) -%}
    {%- for node in by_key_inputs() if node.name == name %}{{ node.relation_name }}{% endfor -%}
{%- endmacro %}

{% macro by_key_fingerprints() %}
    select
        key_hash,
        {{ sum_of_hashes('row_hash') }} as fingerprint
    from (
        {%- for input, paths in by_key_config().inputs.items() %}
        {%- set outer = loop %}
        {%- for path in paths %}
        {{ by_key_path(input, path, "hash('" ~ input ~ loop.index ~ "', input) as row_hash") }}
        {{ 'union all' if not (loop.last and outer.last) }}
        {%- endfor %}
        {%- endfor %}
    ) as rows_of_keys
    group by key_hash
{% endmacro %}

{# Makes the table of the affected keys; how many there are, and of how many. #}
{% macro by_key_affected(made, kept) -%}
    {%- do run_query(
        "create or replace temp table " ~ made ~ "affected as"
        ~ " select key_hash from " ~ made ~ "now as now full join " ~ kept ~ " as was using (key_hash)"
        ~ " where now.fingerprint is distinct from was.fingerprint"
    ) -%}
    {%- set counted = run_query(
        "select (select count(*) from " ~ made ~ "affected), (select count(*) from " ~ made ~ "now)"
    ).rows[0] -%}
    {{ return({'affected': counted[0], 'all': counted[1]}) }}
{%- endmacro %}

{# The model's statement over the rows of the affected keys. #}
{% macro by_key_part(made) -%}
    {%- set part = namespace(sql=compiled_code) -%}
    {%- for input, paths in by_key_config().inputs.items() -%}
        {%- set found = [] -%}
        {%- for path in paths -%}
            {%- do found.append(by_key_holds(input, path, made)) -%}
        {%- endfor -%}
        {%- set whole = by_key_input(input) ~ ' /* affected: ' ~ input ~ ' */' -%}
        {%- if whole not in part.sql -%}
            {%- do exceptions.raise_compiler_error(
                model.name ~ " declares the input `" ~ input ~ "` and does not read it by `affected`"
            ) -%}
        {%- endif -%}
        {%- set part.sql = part.sql.replace(
            whole,
            '(select input.* from ' ~ by_key_input(input) ~ ' as input where ' ~ found | join(' or ') ~ ')'
        ) -%}
    {%- endfor -%}
    {{ return(part.sql) }}
{%- endmacro %}

{# Whether a row of an input belongs to an affected key. #}
{% macro by_key_holds(input, path, made) -%}
    {%- set onwards = modules.re.fullmatch('(.+) = ([a-z_]+)[.]([a-z_]+)', path) -%}
    {%- if onwards -%}
        {%- set found = [] -%}
        {%- for path_onwards in by_key_config().inputs[onwards.group(2)] -%}
            {%- do found.append(by_key_holds(onwards.group(2), path_onwards, made)) -%}
        {%- endfor -%}
        {{ onwards.group(1) }} in (
            select input.{{ onwards.group(3) }} from {{ by_key_input(onwards.group(2)) }} as input
            where {{ found | join(' or ') }}
        )
    {%- else -%}
        hash({{ path }}) in (select key_hash from {{ made }}affected)
    {%- endif -%}
{%- endmacro %}
