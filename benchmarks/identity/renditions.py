"""How each tool's record of a person is written: SQL over persons, companies and draws of 0..1."""

from __future__ import annotations

from benchmarks.identity import words_en as en
from benchmarks.identity import words_ja as ja
from benchmarks.identity.wording import ladder, one_of, slipped, widened
from warehouse.connection import Session

_ROLES = [
    "sales", "info", "support", "eigyo", "office", "soumu", "admin", "contact",
    "no-reply", "no-reply",
]  # fmt: skip
_PLACEHOLDER_MAILS = ["a@a.com", "noemail@noemail.com", "test@example.com", "none@none.com"]
_PLACEHOLDER_PHONES = [
    "03-0000-0000",
    "なし",
    "0",
    "000-0000-0000",
    "+1 555 555 5555",
    "-",
    "1234567890",
]
_TAGS = ["crm", "trial", "news", "event"]


def _names(noise: float) -> str:
    """Which spelling of the name, and the name as it is typed."""
    form = ladder(
        "u_form",
        [(0.02 * noise, "'hiragana'"), (0.031 * noise, "'katakana'"), (0.102 * noise, "'romaji'")],
        "'kanji'",
    )
    short = ladder(
        "u_nick",
        [(0.05 * noise, "'initial'"), (0.025 * noise, "'middle'"), (0.075 * noise, "'nickname'")],
        "'given'",
    )
    return f"""
create table named_records as
with spelled as (
    select
        d.serial,
        case when not s.is_japanese then {short} else {form} end as form,
        u_variant < {0.04 * noise} and s.is_japanese and form = 'kanji' as is_variant,
        case form
            when 'hiragana' then family_hira when 'katakana' then family_kana
            when 'romaji' then upper(family_romaji[1]) || family_romaji[2:]
            else case when is_variant then family_variant else family end end as last_text,
        case form
            when 'hiragana' then given_hira when 'katakana' then given_kana
            when 'romaji' then upper(given_romaji[1]) || given_romaji[2:]
            when 'initial' then given[1] || '.' when 'middle' then given || ' ' || middle || '.'
            when 'nickname' then coalesce(nick, given)
            else case when is_variant then given_variant else given end end as first_text,
        u_slip_last < {noise} * case when s.is_japanese then 0.02 else 0.045 end
            as is_last_slipped,
        u_slip_first < {noise} * case when s.is_japanese then 0.015 else 0.033 end
            as is_first_slipped,
        d.source not in ('support', 'web') or u_named >= 0.505 as has_name,
        u_swap < {0.022 * noise} as is_swapped,
        case when is_last_slipped then {slipped("last_text", "u_slip", "u_place")}
            else last_text end as last_typed,
        case when is_first_slipped then {slipped("first_text", "u_pick", "u_place")}
            else first_text end as first_typed,
        case when is_swapped then first_typed else last_typed end as last_written,
        case when is_swapped then last_typed else first_typed end as first_written,
        {one_of(["", " ", "　"], "u_gap")} as gap,
        case
            when not s.is_japanese then first_written || ' ' || last_written
            when form <> 'romaji' then last_written || gap || first_written
            when u_gap < 0.5 then last_written || ' ' || first_written
            else first_written || ' ' || last_written end as whole,
        d.source in ('support', 'web') as is_whole,
        case when s.is_japanese and d.source in ('crm', 'billing') and u_kana < 0.485 then
            case when u_kana_form < 0.3 then kana_half
                else family_kana || ' ' || given_kana end end as kana
    from drawn as d join staff as s using (job)
)
select
    serial, form, is_variant, is_swapped and has_name as is_swapped, has_name,
    has_name and (is_last_slipped or is_first_slipped) as is_slipped,
    case when has_name and not is_whole then nullif(first_written, '') end as first_name,
    case when has_name and not is_whole then nullif(last_written, '') end as last_name,
    case when has_name and is_whole then nullif(trim(whole), '') end as full_name,
    kana
from spelled
"""


def _mails(noise: float) -> str:
    missing = """case d.source when 'crm' then 0.06 when 'support' then 0.065
        when 'billing' then 0.047 else 0 end"""
    kind = ladder(
        "u_mail",
        [
            (missing, "null"), (0.0105 * noise, "'placeholder'"), (0.038 * noise, "'role'"),
            (0.011 * noise, "'shared'"), (0.009 * noise, "'colleague'"),
        ],
        """case when s.p_free < 0.06 or (s.p_free < 0.18 and u_mail > 0.88) then 'personal'
            else 'work' end""",
    )  # fmt: skip
    decorated = ladder(
        "u_decor",
        [
            (0.057 * noise, "upper(typed)"),
            (0.012 * noise, "' ' || typed"),
            (0.012 * noise, "typed || ' '"),
            (0.012 * noise, "' ' || typed || ' '"),
            (0.003 * noise, widened("typed")),
        ],
        "typed",
    )
    # One step per query: a name used twice within one is computed twice, and so on.
    return f"""
create table mailed_records as
with kinds as (
    select d.*, s.* exclude (job), {kind} as chosen from drawn as d join staff as s using (job)
), chosen as (
    select
        serial, u_tag, u_dots, u_decor, u_mail_slip, u_pick, u_slip, u_place,
        case when chosen = 'colleague' and colleagues < 2 then 'role' else chosen end as kind,
        first_job + case
            when is_earlier then floor(least(u_pick, 0.9999) * colleagues)::bigint
            else (person - first_job + 1 + floor(u_pick * 0.9999 * (colleagues - 1))::bigint)
                % greatest(colleagues, 1) end as neighbour,
        case chosen
            when 'placeholder' then case when u_pick < 0.2 then 'unknown@' || domain
                else {one_of(_PLACEHOLDER_MAILS, "u_slip")} end
            when 'shared' then shared[1 + (u_pick < 0.3)::int] || '@' || domain
            when 'personal' then personal_mail
            when 'work' then work_mail
            when 'role' then {one_of(_ROLES, "u_pick")} || '@' || domain
            when 'colleague' then {one_of(_ROLES, "u_pick")} || '@' || domain end as own
    from kinds
), addressed as (
    select c.*, case when c.kind = 'colleague' then o.work_mail else c.own end as clean
    from chosen as c
    left join staff as o on o.job = case when c.kind = 'colleague' then c.neighbour end
), parted as (
    select *, split_part(clean, '@', 1) as before, split_part(clean, '@', 2) as host,
        u_mail_slip < {0.033 * noise} and kind in ('work', 'personal') as is_slipped
    from addressed
), dotted as (
    select * replace (
        case when host <> 'gmail.com' or u_dots >= 0.25 then before
            when strpos(before, '.') > 0 then replace(before, '.', '')
            else substr(before, 1, 2) || '.' || substr(before, 3) end as before)
    from parted
), tagged as (
    select * replace (
        case when u_tag < {0.046 * noise} and kind <> 'placeholder'
            then before || '+' || {one_of(_TAGS, "u_pick")} else before end as before)
    from dotted
), typed as (
    select *,
        case when is_slipped then {slipped("before", "u_slip", "u_place")} else before end
            || '@' || host as typed
    from tagged
)
select serial, kind, is_slipped, clean, {decorated} as email from typed
"""


def _phones(noise: float) -> str:
    kind = ladder(
        "u_phone",
        [
            ("case d.source when 'web' then 0.745 else 0.495 end", "null"),
            (f"case d.source when 'web' then 0.009 else 0.019 end * {noise}", "'placeholder'"),
        ],
        "case when p_phone < 0.28 or u_phone_kind < 0.23 then 'main' else 'own' end",
    )
    japanese = ladder(
        "u_phone_form",
        [
            (0.40, "plain"),
            (0.20, "replace(plain, '-', '')"),
            (0.145, "'+81 ' || substr(plain, 2)"),
            (0.107, widened("plain")),
            (0.083, "plain || ' (内線' || floor(10 + u_pick * 89)::int || ')'"),
        ],
        "'(' || split_part(plain, '-', 1) || ')' || substr(plain, strpos(plain, '-') + 1)",
    )  # fmt: skip
    american = ladder(
        "u_phone_form",
        [
            (
                0.26,
                "'(' || plain[4:6] || ') ' || plain[8:10] || '-' || plain[12:]",
            ),
            (0.093, "regexp_replace(plain, '[^0-9]', '', 'g')"),
            (0.073, "replace(substr(plain, 2), ' ', '-')"),
            (
                0.068,
                "replace(substr(plain, 4), ' ', '') || ' ext. ' || floor(10 + u_pick * 89)::int",
            ),
        ],
        "plain",
    )
    return f"""
create table phoned_records as
select
    d.serial,
    {kind} as kind,
    case kind when 'main' then main_line when 'own' then own_line end as plain,
    case
        when kind = 'placeholder' then {one_of(_PLACEHOLDER_PHONES, "u_phone_form")}
        when plain like '+%' then {american} else {japanese} end as phone
from drawn as d join staff as s using (job)
"""


def _companies(noise: float) -> str:
    abbreviations = """map {
        '株式会社': ['(株)', '（株）', '㈱'], '有限会社': ['(有)', '（有）', '㈲'],
        '合同会社': ['(同)', '（同）', '合同会社'],
        '一般社団法人': ['(一社)', '（一社）', '一社'],
        '医療法人社団': ['(医)', '（医）', '医療法人'],
        '社会福祉法人': ['(福)', '（福）', '社福'],
        '学校法人': ['(学)', '（学）', '学校法人']}"""
    short = f"{abbreviations}[c.form][1 + floor(least(u_pick, 0.999) * 3)::int]"
    latin = "upper(stem[1]) || stem[2:]"
    foreign = ["Co., Ltd.", "Inc.", "K.K.", "Corporation"]
    branch = f"{one_of(['', ' ', '　'], 'u_slip')} || {one_of(ja.BRANCHES, 'u_place')}"
    japanese = ladder(
        "u_company_form",
        [
            (0.215, f"case when c.is_front then {short} || core else core || {short} end"),
            (0.16, "core"), (0.14, "c.off"), (0.05 * noise, "c.kana"),
            (0.05 * noise, f"{latin} || ' ' || {one_of(foreign, 'u_pick')}"),
            (0.008 * noise, latin),
            (0.032 * noise, "case when c.is_front then core || c.form else c.form || core end"),
        ],
        "c.name",
    )  # fmt: skip
    form = "case when left({0}, 1) = ',' then '' else ' ' end || {0}"
    english = ladder(
        "u_company_form",
        [
            (0.42, f"c.name || {form.format('c.form')}"),
            (0.06, f"c.name || {form.format('(' + one_of(en.FORMS, 'u_pick') + ')')}"),
            (0.075 * noise, "upper(c.name)"), (0.035 * noise, "'The ' || c.name"),
            (0.02 * noise, "c.name || ' (' || c.city || ')'"), (0.015 * noise, "c.name || ' '"),
        ],
        "c.name",
    )  # fmt: skip
    website = ladder(
        "u_web_form",
        [
            (0.2, "site"), (0.1, "site || '/'"), (0.1, "'www.' || site"),
            (0.08, "'www.' || site || '/'"), (0.12, "'http://' || site"),
            (0.1, "'https://www.' || site"), (0.08, "'https://www.' || site || '/'"),
            (0.06, "'www.' || site || '/contact'"), (0.06, "'https://' || site || '/ja/'"),
            (0.05, "upper(site)"),
        ],
        "site || '/contact'",
    )  # fmt: skip
    return f"""
create table employed_records as
select
    d.serial, s.account, c.loc,
    regexp_replace(split_part(c.dom, '.', 1), '[0-9]+$', '') as stem,
    case when u_web_form > 0.57 then coalesce(c.dom2, c.dom) else c.dom end as site,
    case when u_company >= case d.source
            when 'support' then 0.19 when 'web' then 0.2 else 0.94 end then null
        when c.loc = 'ja' then {japanese} else {english} end as spelled,
    u_branch < {0.065 * noise} and c.loc = 'ja' as is_branch,
    case when is_branch then spelled || {branch} else spelled end as placed,
    spelled is not null and u_company_slip < {0.036 * noise} as is_slipped,
    case when is_slipped then {slipped("placed", "u_slip", "u_place")} else placed end as company,
    case when d.source in ('crm', 'billing') and u_web < 0.505 then {website} end as website,
    case when u_cn < case d.source when 'crm' then 0.152 when 'billing' then 0.7 else 0 end
        then c.cn end as corp_number,
    case when d.source in ('crm', 'billing') and u_city < 0.6 then c.pref end as pref,
    case when d.source in ('crm', 'billing') and u_city < 0.6 then c.city end as city
from drawn as d join staff as s using (job) join companies as c on c.id = s.account
"""


def prepare(session: Session, noise: float) -> None:
    """Make `named_records`, `mailed_records`, `phoned_records` and `employed_records`."""
    steps = (_names(noise), _mails(noise), _phones(noise), _companies(noise))
    for step in steps:
        session.execute(step)


_JOINED = """
from drawn as d
join staff as s using (job)
join named_records as n using (serial)
join mailed_records as m using (serial)
join phoned_records as p using (serial)
join employed_records as e using (serial)
order by place
"""

CONTACTS = f"""
select
    d.source || '-' || lpad(d.serial::text, 8, '0') as record_id, d.source,
    n.first_name, n.last_name, n.full_name, n.kana, m.email, p.phone, e.company, e.website,
    e.corp_number, e.pref, e.city,
    case when u_title < 0.595 then case when s.is_japanese
        then {one_of(ja.TITLES, "u_title_word")}
        else {one_of(en.TITLES, "u_title_word")} end end as title,
    case when u_locale >= 0.193 then case when s.is_japanese then 'ja' else 'en' end end as locale,
    d.updated_at, 'P' || s.person as person_id, 'A' || s.account as account_id
{_JOINED}
"""  # fmt: skip

WRITTEN = f"""
select
    d.source || '-' || lpad(d.serial::text, 8, '0') as record_id,
    'P' || s.person as person_id, 'A' || s.account as account_id,
    case when n.has_name then n.form end as name_form, n.is_variant and n.has_name as is_variant,
    n.is_swapped, n.is_slipped as is_name_slipped,
    m.kind as mail_kind, m.is_slipped as is_mail_slipped, m.clean as mail, p.kind as phone_kind,
    p.plain as phone, e.is_branch, e.is_slipped as is_company_slipped, s.is_earlier
{_JOINED}
"""
