"""E-mail, phone, site and corporate number: what two spellings share, and what is no value."""

from __future__ import annotations

import pyarrow as pa
import pytest

from identity.contact_points import (
    corporate_numbers,
    emails,
    mail_hosts,
    phones,
    role_mailboxes,
)
from warehouse.domains import registrable_domains


def mailbox(text: str | None) -> str | None:
    found: str | None = emails(pa.array([text], pa.string()))[0].as_py()["mailbox"]
    return found


def phone(text: str, region: str | None = None) -> tuple[str | None, str | None]:
    found = phones(pa.array([text]), pa.array([region], pa.string()))[0].as_py()
    return found["number"], found["extension"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (" Tanaka@Example.CO.JP ", "tanaka@example.co.jp"),
        ("ｔａｎａｋａ＠ｅｘａｍｐｌｅ．ｃｏ．ｊｐ", "tanaka@example.co.jp"),
        ("tanaka+news@example.co.jp", "tanaka@example.co.jp"),
        ("t.a.naka+x@gmail.com", "tanaka@gmail.com"),
        ("tanaka@googlemail.com", "tanaka@gmail.com"),
        ("t.anaka@docomo.ne.jp", "t.anaka@docomo.ne.jp"),
        ("Taro Tanaka <tanaka@example.co.jp>", "tanaka@example.co.jp"),
        ("mailto:tanaka@example.co.jp", "tanaka@example.co.jp"),
        ("tanaka1@example.co.jp", "tanaka1@example.co.jp"),
        ("tanaka@例え.jp", "tanaka@例え.jp"),
    ],
)
def test_spellings_of_one_mailbox_have_one_key(text: str, key: str) -> None:
    assert mailbox(text) == key


@pytest.mark.parametrize("text", ["", "なし", "tanaka", "tanaka@", "@example.com", "a@b", None])
def test_what_is_no_address_has_no_key(text: str | None) -> None:
    assert mailbox(text) is None


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("03-1234-5679", "JP", "+81312345679"),
        ("０３－１２３４－５６７９", "JP", "+81312345679"),
        ("(03)1234-5679", None, "+81312345679"),
        ("+81 3-1234-5679", None, "+81312345679"),
        ("+81 (0)3-1234-5679", None, "+81312345679"),
        ("090-1234-5679", "JP", "+819012345679"),
        ("+81 90 1234 5679", "US", "+819012345679"),
        ("0120-345-678", "JP", "+81120345678"),
        ("(314) 767-4643", "US", "+13147674643"),
        ("1-314-767-4643", None, "+13147674643"),
        ("+1 314 767 4643", "JP", "+13147674643"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("+44 20 7946 0958", None, "+442079460958"),
        # Of an unknown country: still the same digits.
        ("020 7946 0958", None, "02079460958"),
    ],
)
def test_spellings_of_one_number_have_one_key(text: str, region: str | None, number: str) -> None:
    assert phone(text, region)[0] == number


@pytest.mark.parametrize(
    "text",
    ["03-0000-0000", "000-0000-0000", "+1 555 555 5555", "1234567890", "0", "-", "なし", "12345"],
)
def test_what_people_type_to_get_past_a_form_is_no_number(text: str) -> None:
    assert phone(text, "JP") == (None, None)


@pytest.mark.parametrize(
    "text",
    ["03-1234-5679 (内線12)", "03-1234-5679 内線:12", "03-1234-5679 ext. 12", "03-1234-5679 x12"],
)
def test_an_extension_is_kept_apart(text: str) -> None:
    assert phone(text, "JP") == ("+81312345679", "12")


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("https://www.example.co.jp/contact", "example.co.jp"),
        ("shop.example.co.uk", "example.co.uk"),
        ("EXAMPLE.com/", "example.com"),
        ("tokyo", None),
        ("10.0.0.1", None),
    ],
)
def test_a_site_is_the_domain_that_somebody_registered(text: str, domain: str | None) -> None:
    assert registrable_domains(pa.array([text]))[0].as_py() == domain


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7000012050002", "7000012050002"),
        ("７０００－０１２０－５０００２", "7000012050002"),
        ("T7000012050002", "7000012050002"),
        ("7000012050003", None),
        ("9999999999999", None),
        ("700001205000", None),
    ],
)
def test_a_corporate_number_carries_its_check_digit(text: str, number: str | None) -> None:
    assert corporate_numbers(pa.array([text]))[0].as_py() == number


@pytest.mark.parametrize(
    "host", ["gmail.com", "docomo.ne.jp", "ezweb.ne.jp", "nifty.com", "ocn.ne.jp", "facebook.com"]
)
def test_domains_of_everybody_are_known(host: str) -> None:
    assert host in mail_hosts()


@pytest.mark.parametrize("local", ["info", "soumu", "eigyo", "no-reply"])
def test_desks_are_known(local: str) -> None:
    assert local in role_mailboxes()
