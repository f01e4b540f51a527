"""Persons at their jobs, with every spelling of their names, their mailboxes and their lines."""

from __future__ import annotations

from benchmarks.identity.wording import ladder, literals, one_of
from warehouse.connection import Session

_SHARED = [
    "ec", "robo", "team", "keiei", "recruit2", "purchasing", "honsha", "it-dept", "lab", "pj",
    "kaikei", "ops", "desk", "shop", "koubai",
]  # fmt: skip
_HOSTS_JA = (
    ["gmail.com"] * 7 + ["yahoo.co.jp"] * 4 + ["docomo.ne.jp"] * 3
    + ["icloud.com"] * 3 + ["outlook.com"] * 2 + ["hotmail.com"]
)  # fmt: skip
_HOSTS_EN = (
    ["gmail.com"] * 8 + ["yahoo.com"] * 4 + ["outlook.com"] * 3
    + ["hotmail.com"] * 3 + ["icloud.com"] * 2
)  # fmt: skip

_LATIN = """case when p_latin < 0.5 then {0}.latin when p_latin < 0.9 then {0}.latin_short
        else {0}.latin_h end"""

# Jobs with the person's names: a name's other spellings are null where there are none.
_NAMED = f"""
create table named as
select
    j.*,
    coalesce(jf.kanji, ef.text) as family, coalesce(jg.kanji, eg.text) as given,
    coalesce(jf.variant, ef.text) as family_variant, coalesce(jg.variant, eg.text) as given_variant,
    jf.kana as family_kana, jg.kana as given_kana, jf.hira as family_hira, jg.hira as given_hira,
    jf.half || ' ' || jg.half as kana_half,
    {_LATIN.format("jf")} as family_romaji, {_LATIN.format("jg")} as given_romaji,
    case when len(eg.nicks) > 0
        then eg.nicks[1 + floor(p_alias * 0.999 * len(eg.nicks))::int] end as nick,
    chr(65 + floor(p_middle * 25)::int) as middle,
    regexp_replace(lower(coalesce(family_romaji, ef.text)), '[^a-z]', '', 'g') as f,
    regexp_replace(lower(coalesce(given_romaji, eg.text)), '[^a-z]', '', 'g') as g
from jobs as j
left join japanese as jf
    on jf.kind = 'family' and jf.id = case when j.is_japanese then j.family_id end
left join japanese as jg
    on jg.kind = 'given' and jg.id = case when j.is_japanese then j.given_id end
left join english as ef
    on ef.kind = 'family' and ef.id = case when not j.is_japanese then j.family_id end
left join english as eg
    on eg.kind = 'given' and eg.id = case when not j.is_japanese then j.given_id end
"""

_STYLES = [
    (0.36, "g || '.' || f"), (0.12, "f"), (0.11, "g || '_' || f"), (0.12, "f || '.' || g"),
    (0.16, "substr(g, 1, 1) || f"), (0.09, "f || '-' || substr(g, 1, 1)"), (0.02, "g"),
]  # fmt: skip

_PRIVATE_STYLES = [(0.4, "g || '.' || f"), (0.3, "f || '.' || g"), (0.2, "g || f")]

# Work mail: most companies have a style, some people their own. Two who would have the same
# address get numbers: in most companies only the later one, in some both.
_MAILED = f"""
create table mailed as
with styled as (
    select
        n.*,
        c.dom, c.dom2, c.phone as main_line,
        case when p_domain < 0.1 then coalesce(dom2, maildom) else maildom end as domain,
        case when p_alias < 0.6 then (account * 7919 % 1000) / 1000 else p_mail end as style,
        {ladder("style", _STYLES, "f || substr(g, 1, 1)")} as local_part
    from named as n join companies as c on c.id = n.account
), numbered as (
    select *,
        row_number() over same as nth, count(*) over (partition by domain, local_part) as times
    from styled
    window same as (partition by domain, local_part order by is_earlier, job)
), personal as (
    select
        person,
        {ladder("p_mail", _PRIVATE_STYLES, "substr(g, 1, 1) || f")}
            || case when p_digits < 0.85 then floor(p_digits * 1150)::int::text else '' end
            as local_part,
        case when is_japanese then {one_of(_HOSTS_JA, "p_free_host")}
            else {one_of(_HOSTS_EN, "p_free_host")} end as host
    from named where not is_earlier
), personal_mail as (
    select
        person, local_part || case when nth = 1 then '' else nth::text end || '@' || host as mail
    from (
        select *, row_number() over (partition by local_part, host order by person) as nth
        from personal)
)
select
    n.* exclude (nth, times),
    local_part
        || case
            when times = 1 then ''
            when account % 4 = 0 then nth::text
            when nth = 1 then '' else nth::text end
        || '@' || domain as work_mail,
    p.mail as personal_mail,
    {literals(_SHARED)} as boxes,
    [boxes[1 + account % 15], boxes[1 + (account * 7 + 4) % 15]] as shared
from numbered as n join personal_mail as p using (person)
"""  # fmt: skip

_AREA = "split_part(main_line, '-', 1)"
_PHONED = f"""
create table staff as
select
    * exclude (own_phone, own_phone_en),
    lpad(own_phone::text, 8, '0') as own_digits,
    case
        when not is_japanese then
            '+1 ' || (201 + own_phone_en // 10000000 % 700) || ' '
            || (200 + own_phone_en % 10000000 // 10000 % 800) || ' '
            || lpad((own_phone_en % 10000)::text, 4, '0')
        when p_digits < 0.85 or main_line like '+%' then
            {one_of(["090", "080", "070"], "p_phone")}
            || '-' || substr(own_digits, 1, 4) || '-' || substr(own_digits, 5)
        else
            {_AREA} || '-' || substr(own_digits, length({_AREA}) - 1, 6 - length({_AREA}))
            || '-' || substr(own_digits, 5)
    end as own_line
from mailed
"""  # fmt: skip


def prepare(session: Session) -> None:
    """Make `staff`, a row per job, of `jobs`, `companies`, `japanese` and `english`."""
    for step in (_NAMED, _MAILED, _PHONED):
        session.execute(step)
