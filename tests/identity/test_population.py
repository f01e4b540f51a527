"""The population that the benchmarks resolve: repeatable, true to itself, and with every trap."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from stdnum.jp import cn

from benchmarks.identity.population import SOURCES, Population, populate
from benchmarks.identity.wording import full_width, half_width, hiragana, romaji, variant
from warehouse.connection import Session, scratch
from warehouse.settings import PROJECT_ROOT

B2B = PROJECT_ROOT.parent / "shared" / "data" / "b2b_synth"

LETTERS = "[A-Za-z]"
FREE_MAIL = "@(gmail|yahoo|icloud|outlook|hotmail|docomo)"


@pytest.fixture(scope="module")
def population() -> Population:
    return populate(20_000, seed=4)


@pytest.fixture(scope="module")
def session(population: Population) -> Any:
    with scratch() as session:
        session.load("contacts", population.contacts)
        session.load("accounts", population.accounts)
        session.load("written", population.written)
        yield session


@pytest.mark.slow
def test_the_same_seed_makes_the_same_population_and_another_one_another() -> None:
    one, two, other = populate(1_500, seed=3), populate(1_500, seed=3), populate(1_500, seed=5)
    assert one.contacts.equals(two.contacts)
    assert one.accounts.equals(two.accounts)
    assert one.written.equals(two.written)
    assert not one.contacts.equals(other.contacts)


@pytest.mark.slow
@pytest.mark.parametrize("records", [50, 1_000, 20_001])
def test_as_many_records_come_as_were_asked_for(records: int) -> None:
    made = populate(records)
    assert made.contacts.num_rows == made.written.num_rows == records


def test_contacts_and_accounts_have_the_columns_of_the_given_data(population: Population) -> None:
    if not B2B.exists():
        pytest.skip(f"{B2B} is not here")
    for table, name in ((population.contacts, "contacts"), (population.accounts, "accounts_truth")):
        given = pq.read_schema(B2B / f"{name}.parquet")
        assert [(f.name, _text(f.type)) for f in table.schema] == [
            (f.name, _text(f.type)) for f in given
        ]


def _text(kind: pa.DataType) -> str:
    return str(kind).replace("large_", "")


def test_every_contact_is_unique_and_of_an_account_that_exists(session: Session) -> None:
    count = session.value("select count(*) from contacts")
    assert session.value("select count(distinct record_id) from contacts") == count
    joined = "select count(*) from contacts as c join accounts as a on c.account_id = 'A' || a.id"
    assert session.value(joined) == count
    assert session.value("select count(*) from contacts join written using (record_id)") == count


def test_a_company_has_one_number_domain_and_line_and_they_are_nobody_elses(
    session: Session,
) -> None:
    for column in ("cn", "dom", "phone"):
        assert session.value(
            f"select count({column}) = count(distinct {column}) from accounts where loc = 'ja'"
        ), column
    numbers = session.rows("select cn from accounts where cn is not null")
    assert numbers
    assert all(cn.is_valid(row["cn"]) for row in numbers)
    told = """
        select count(*) from contacts as c join accounts as a on c.account_id = 'A' || a.id
        where c.corp_number <> a.cn
    """
    assert session.value(told) == 0


def test_a_personal_mailbox_or_phone_is_of_one_person(session: Session) -> None:
    for kind, value in (("mail", "mail"), ("phone", "phone")):
        owned = "'work', 'personal'" if kind == "mail" else "'own'"
        shared = session.value(f"""
            select count(*) from (
                select {value} from written where {kind}_kind in ({owned})
                group by {value} having count(distinct person_id) > 1)
        """)
        assert shared == 0, kind


def test_a_person_has_more_than_one_account_only_after_a_change_of_job(session: Session) -> None:
    most = """
        select max(n) from (
            select count(distinct account_id) as n from contacts group by person_id)
    """
    assert session.value(most) == 2
    unsound = """
        select count(*) from (
            select person_id, count(distinct account_id) as n, bool_or(is_earlier) as has_moved
            from written group by person_id) where n > 1 and not has_moved
    """
    assert session.value(unsound) == 0


def test_what_was_written_down_about_a_record_is_what_the_record_shows(session: Session) -> None:
    """The truth about the rendition must not drift from the rendition."""
    joined = "from contacts join written as w using (record_id) where"
    wrong = {
        "a nameless record has no name": """name_form is null
            and coalesce(first_name, last_name, full_name) is not null""",
        "a named record has one": """name_form is not null and not is_name_slipped
            and coalesce(first_name, last_name, full_name) is null""",
        "a record without mail has none": "(mail_kind is null) <> (email is null)",
        "a record without phone has none": "(phone_kind is null) <> (contacts.phone is null)",
        "a plain work mail is the person's": """mail_kind = 'work' and not is_mail_slipped
            and regexp_matches(email, '^[a-z0-9._@-]+$') and email <> mail""",
    }
    for what, condition in wrong.items():
        assert session.value(f"select count(*) {joined} {condition}") == 0, what


# Each is what SQL finds behind `from`: at least one row.
TRAPS = {
    "full-width mail": "contacts where email like '%＠%'",
    "full-width phone": "contacts where regexp_matches(phone, '[０-９]')",
    "full-width company": "contacts where regexp_matches(company, '[Ａ-Ｚａ-ｚ]')",
    "half-width kana": "contacts where regexp_matches(kana, '[ｱ-ﾝ]')",
    "kanji variant": "written where is_variant",
    "hiragana name": "written where name_form = 'hiragana'",
    "katakana name": "written where name_form = 'katakana'",
    "romaji": f"""contacts join written using (record_id) where name_form = 'romaji'
        and regexp_matches(coalesce(last_name, full_name), '{LETTERS}')""",
    "reversed name": "written where is_swapped",
    "nickname": "written where name_form = 'nickname'",
    "initial": "contacts where regexp_matches(first_name, '^[A-Z]\\.$')",
    "middle initial": "contacts where regexp_matches(first_name, ' [A-Z]\\.$')",
    "slip in a name": "written where is_name_slipped",
    "slip in a mailbox": "written where is_mail_slipped",
    "slip in a company": "written where is_company_slipped",
    "plus tag": "contacts where email like '%+%@%'",
    "gmail dots": """(
        select person_id from (
            select person_id, split_part(lower(trim(email)), '@', 1) as before from contacts
            where lower(email) like '%@gmail.com%' and email not like '%+%')
        group by 1
        having count(distinct before) > count(distinct replace(before, '.', '')))""",
    "upper case mail": "contacts where email = upper(email) and email <> lower(email)",
    "spaces round a mail": "contacts where email <> trim(email)",
    "free mail": f"contacts where regexp_matches(lower(email), '{FREE_MAIL}')",
    "placeholder mail": """contacts where lower(email) in
        ('a@a.com', 'noemail@noemail.com', 'test@example.com', 'none@none.com')""",
    "placeholder phone": "contacts where phone in ('03-0000-0000', 'なし', '0', '1234567890')",
    "role mailbox of two": """(
        select lower(email) from contacts
        where regexp_matches(lower(email), '^(info|sales|support|soumu)@')
        group by 1 having count(distinct person_id) > 1)""",
    "shared mailbox of two": """(
        select mail from written where mail_kind = 'shared'
        group by 1 having count(distinct person_id) > 1)""",
    "colleague's mailbox": """
        written as w join (
            select mail, any_value(person_id) as owner from written
            where mail_kind = 'work' group by 1) as o using (mail)
        where w.mail_kind = 'colleague' and person_id <> owner""",
    "main line": """(
        select phone from written where phone_kind = 'main'
        group by 1 having count(distinct person_id) > 2)""",
    "extension": "contacts where regexp_matches(phone, 'ext\\.|内線')",
    "change of job": """(
        select person_id from contacts group by 1 having count(distinct account_id) > 1)""",
    "subsidiary on the parent's domain": """
        accounts as s join accounts as p on s.maildom = p.dom where s.id <> p.id""",
    "second domain": "accounts where dom2 is not null",
    "homonym companies": """(
        select regexp_replace(name, '株式会社|有限会社|合同会社', '') from accounts
        group by 1 having count(*) > 1)""",
    "digits tell mailboxes apart": """
        written as a join written as b
        on b.mail = split_part(a.mail, '@', 1) || '2@' || split_part(a.mail, '@', 2)
        where a.person_id <> b.person_id and a.mail_kind = 'work' and b.mail_kind = 'work'""",
    "two of one name in one company": """(
        select c.account_id, first_name, last_name
        from contacts as c join written as w using (record_id)
        where name_form in ('kanji', 'given') and not is_name_slipped and first_name is not null
        group by all having count(distinct c.person_id) > 1)""",
    "branch": "written where is_branch",
    "abbreviated form": "contacts where regexp_matches(company, '㈱|\\(株\\)|（株）')",
    "no name": "contacts where first_name is null and full_name is null",
    "no company": "contacts where company is null",
    "neither name nor personal mail": """
        written where name_form is null and mail_kind in ('role', 'shared', 'placeholder')""",
}


@pytest.mark.parametrize("trap", TRAPS)
def test_no_trap_is_missing(session: Session, trap: str) -> None:
    assert session.value(f"select count(*) from {TRAPS[trap]}") > 0


# Shares as measured in the given data, within a fifth and two hundredths.
RATES = {
    "records per person": ("count(*) / count(distinct person_id)", 3.6),
    "crm": ("avg((source = 'crm')::int)", 0.303),
    "ma": ("avg((source = 'ma')::int)", 0.287),
    "support": ("avg((source = 'support')::int)", 0.135),
    "web": ("avg((source = 'web')::int)", 0.193),
    "billing": ("avg((source = 'billing')::int)", 0.081),
    "no mail in crm": ("avg((email is null)::int) filter (source = 'crm')", 0.061),
    "no mail in ma": ("avg((email is null)::int) filter (source = 'ma')", 0.0),
    "no phone in web": ("avg((phone is null)::int) filter (source = 'web')", 0.744),
    "no phone elsewhere": ("avg((phone is null)::int) filter (source <> 'web')", 0.494),
    "no company in web": ("avg((company is null)::int) filter (source = 'web')", 0.8),
    "no company in crm": ("avg((company is null)::int) filter (source = 'crm')", 0.065),
    "no website in billing": ("avg((website is null)::int) filter (source = 'billing')", 0.49),
    "no title": ("avg((title is null)::int)", 0.406),
    "no locale": ("avg((locale is null)::int)", 0.194),
    "no name in web": ("avg((full_name is null)::int) filter (source = 'web')", 0.495),
    "plus tags": ("avg((email like '%+%')::int)", 0.045),
    "free mail": (f"avg(regexp_matches(lower(email), '{FREE_MAIL}')::int)", 0.064),
    "Latin letters": (
        f"""avg(regexp_matches(coalesce(last_name, full_name), '{LETTERS}')::int)
            filter (locale = 'ja')""",
        0.1,
    ),
}


@pytest.mark.parametrize("what", RATES)
def test_a_rate_is_that_of_the_given_data(session: Session, what: str) -> None:
    expression, measured = RATES[what]
    assert session.value(f"select {expression} from contacts") == pytest.approx(
        measured, rel=0.2, abs=0.02
    )


def test_names_and_companies_have_heavy_heads_and_long_tails(population: Population) -> None:
    contacts = population.contacts.to_pylist()
    families = Counter(
        {row["person_id"]: row["last_name"] for row in contacts if row["last_name"]}.values()
    )
    assert families.most_common(1)[0][1] > 10 * sorted(families.values())[len(families) // 2]
    staff = Counter(
        account for account, _ in {(row["account_id"], row["person_id"]) for row in contacts}
    )
    sizes = sorted(staff.values())
    assert 3 <= sizes[len(sizes) // 2] <= 6
    assert sizes[-1] > 40


@pytest.mark.slow
def test_noise_raises_what_goes_wrong_and_none_leaves_nothing() -> None:
    def slips(noise: float) -> int:
        written = populate(3_000, noise=noise).written.to_pylist()
        return sum(
            row["is_name_slipped"] or row["is_mail_slipped"] or row["is_swapped"] for row in written
        )

    clean, usual, harder = (slips(noise) for noise in (0.0, 1.0, 2.0))
    assert clean == 0
    assert harder > 1.5 * usual > 0


def test_sources_are_the_five_tools(population: Population) -> None:
    assert set(population.contacts["source"].to_pylist()) == set(SOURCES)


@pytest.mark.parametrize(
    ("kana", "latin"),
    [
        ("サトウ", "satou"), ("オオツカ", "ootsuka"), ("キョウコ", "kyouko"),
        ("ショウジ", "shouji"), ("ジュンイチ", "junichi"), ("ハットリ", "hattori"),
        ("マッチャ", "matcha"), ("スター", "suta"), ("ティーエム", "tiemu"), ("シェフ", "shefu"),
    ],
)  # fmt: skip
def test_kana_are_written_in_latin_letters(kana: str, latin: str) -> None:
    assert romaji(kana) == latin


def test_widths_kana_and_variants_are_written() -> None:
    assert half_width("ガッキョウ パール") == "ｶﾞｯｷｮｳ ﾊﾟｰﾙ"
    assert full_width("IT 4 U") == "ＩＴ　４　Ｕ"
    assert hiragana("ヴェール") == "ゔぇーる"
    assert variant("高橋") == "髙橋"
    assert variant("田中") == "田中"


def test_the_population_is_kept_as_files(tmp_path: Path, population: Population) -> None:
    from benchmarks.identity.population import write

    write(population, tmp_path)
    assert pq.read_table(tmp_path / "contacts.parquet").equals(population.contacts)
    assert {path.name for path in tmp_path.iterdir()} == {
        "contacts.parquet", "accounts_truth.parquet", "written.parquet",
    }  # fmt: skip
