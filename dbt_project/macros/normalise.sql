{# Lower-cased and width-folded text. UDF: in tables only, see dbt_project.yml. #}
{% macro folded(text) -%}
    replace(lower(trim(revops_nfkc({{ text }}))), 'ß', 'ss')
{%- endmacro %}

{# What somebody registered, of a URL, host or address. UDF: in tables only. #}
{% macro registrable_domain(text) -%}
    revops_registrable_domain({{ text }})
{%- endmacro %}

{# The host part of a URL, host or address, as typed: shared providers are known by host. #}
{% macro host_of(folded_text) -%}
    regexp_extract({{ folded_text }}, '^(?:[a-z]+:/*)?(?:[^/@]*@)?(?:www\.)?([^/:?#\s,;]+)', 1)
{%- endmacro %}

{# A domain of a mail provider, or a site that hosts everybody's pages: it tells no company. #}
{% macro is_shared_domain(domain) -%}
    {{ domain }} in (select free_mail.domain from {{ ref('free_mail_domains') }} as free_mail)
{%- endmacro %}

{% macro valid_email(folded_text) -%}
    case
        when regexp_matches({{ folded_text }}, '^[^@\s]+@[^@\s]+\.[^@\s.]+$')
            then {{ folded_text }}
    end
{%- endmacro %}

{#
Legal forms say how a company is incorporated, not which company it is. NFKC has already turned
㈱ and （株） into (株) and ㍿ into 株式会社. Forms of two letters that also begin real names are
taken off at the end only: `AB Volvo` keeps its letters, `Ericsson AB` does not.
#}
{% macro normalised_company_name(folded_text) -%}
    {%- set japanese = [
        '株式会社', '有限会社', '合同会社', '合資会社', '合名会社', '相互会社',
        '一般社団法人', '一般財団法人', '公益社団法人', '公益財団法人', '社会福祉法人',
        '特定非営利活動法人', 'npo法人', '医療法人社団', '医療法人財団', '医療法人', '学校法人',
        '宗教法人', '監査法人', '税理士法人', '弁護士法人', '独立行政法人', '国立大学法人',
        '協同組合',
    ] -%}
    {%- set abbreviated = '株有同資名相社財福特医学宗監税弁独' -%}
    {%- set latin = [
        'kabushiki kaisha', 'kabushiki gaisha', 'yugen kaisha', 'godo kaisha', 'goudou kaisha',
        'incorporated', 'inc', 'corporation', 'corp', 'company', 'co', 'limited', 'ltd', 'llc',
        'llp', 'plc', 'gmbh', 'pty', 'pte', 'sarl', 'srl', 'kk', 'gk',
    ] -%}
    {%- set latin_last = [
        'ab', 'ag', 'as', 'aps', 'bv', 'kg', 'lp', 'nv', 'oy', 'oyj', 'sa', 'sas', 'se', 'spa', 'yk',
    ] -%}
    {%- set forms = '(?:' ~ japanese | join('|') ~ '|\\([' ~ abbreviated ~ ']\\))' -%}
    {%- set spaced = "regexp_replace(regexp_replace(regexp_replace(" ~ folded_text
        ~ ", '" ~ forms ~ "', ' ', 'g'), '[.''’]', '', 'g'), '[^\\p{L}\\p{M}\\p{N}]+', ' ', 'g')" -%}
    nullif(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    {{ spaced }},
                    '\b(?:{{ latin | join("|") }})\b', ' ', 'g'
                ),
                '(?: +(?:{{ latin_last | join("|") }}))+ *$', ''
            ),
            '\s+', '', 'g'
        ),
        ''
    )
{%- endmacro %}
