"""Names of companies: legal forms anywhere, branches, old characters, look-alikes; the speed."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from identity.names.company import company_name_keys


def read(*names: str | None) -> list[Any]:
    keys: list[Any] = company_name_keys(pa.array(names, pa.string())).to_pylist()
    return keys


@pytest.mark.parametrize(
    ("name", "core", "form", "position", "unit"),
    [
        ("株式会社ミナト製作所", "ミナト製作所", "kk", "front", ""),
        ("ミナト製作所株式会社", "ミナト製作所", "kk", "back", ""),
        ("㈱ミナト製作所", "ミナト製作所", "kk", "front", ""),
        ("ミナト製作所（株）", "ミナト製作所", "kk", "back", ""),
        ("ﾐﾅﾄ製作所㈱", "ミナト製作所", "kk", "back", ""),
        ("株式会社　ミナト　製作所", "ミナト製作所", "kk", "front", ""),
        ("ミナト製作所株式会社大阪支店", "ミナト製作所", "kk", "back", "大阪支店"),
        ("株式会社ミナト製作所 大阪支店", "ミナト製作所", "kk", "front", "大阪支店"),
        ("株式会社ミナト製作所大阪支店", "ミナト製作所", "kk", "front", "大阪支店"),
        ("(株)ミナトセンター別府営業所", "ミナトセンター", "kk", "front", "別府営業所"),
        ("ミナト製作所(株)(設計部)", "ミナト製作所", "kk", "back", "(設計部)"),
        ("株式会社ミナト製作所第二営業部", "ミナト製作所", "kk", "front", "第二営業部"),
        (
            "株式会社ミナト製作所 代表取締役 港太郎",
            "ミナト製作所",
            "kk",
            "front",
            "代表取締役 港太郎",
        ),
        ("株 式会社ミナト製作所　御中", "ミナト製作所", "kk", "front", "御中"),
        ("株式会社Minato Works大阪支社", "minato works", "kk", "front", "大阪支社"),
        ("ミナト合同会社12", "ミナト12", "gk", "back", ""),
        ("株式会社ミナト新聞大阪本社", "ミナト新聞大阪本社", "kk", "front", ""),
        ("独立行政法人みなと機構みなと病院", "みなと機構", "agency", "front", "みなと病院"),
        ("学校法人みなと学園みなと大学", "みなと学園", "school", "front", "みなと大学"),
        ("国立大学法人みなと大学院大学", "みなと大学院大学", "national_university", "front", ""),
        ("医療法人社団みなと会みなと病院", "みなと会", "medical", "front", "みなと病院"),
        ("みなと農業協同組合港支所", "みなと農業協同組合", "", "", "港支所"),
        ("岩手県立みなと病院", "岩手県", "", "", "立みなと病院"),
        ("国土交通省中部地方整備局", "国土交通省", "", "", "中部地方整備局"),
        ("㈲みなと", "みなと", "yk", "front", ""),
        ("合同会社みなと", "みなと", "gk", "front", ""),
        ("(一社)みなと協会", "みなと協会", "general_association", "front", ""),
        ("地方独立行政法人みなと病院", "みなと病院", "local_agency", "front", ""),
        ("社会医療法人社団みなと会", "みなと会", "medical", "front", ""),
        ("みなと港湾協会", "みなと港湾協会", "", "", ""),
        ("Harbour Trading Co., Ltd.", "harbour trading", "ltd", "back", ""),
        ("Harbour Trading Company Limited", "harbour trading", "ltd", "back", ""),
        ("Harbour Inc", "harbour", "inc", "back", ""),
        ("Harbour, L.L.C.", "harbour", "llc", "back", ""),
        ("Häfen GmbH & Co. KG", "hafen", "gmbh", "back", ""),
        ("Port S.à r.l.", "port", "sarl", "back", ""),
        ("Hamn AB", "hamn", "ab", "back", ""),
        ("Satama Oy", "satama", "oy", "back", ""),
        ("Haven B.V.", "haven", "bv", "back", ""),
        ("Minato Works K.K.", "minato works", "kk", "back", ""),
        ("ミナトWorks Inc.", "ミナトworks", "inc", "back", ""),
        ("Harbour Ltd, Tokyo Branch", "harbour", "ltd", "back", "tokyo branch"),
        ("Harbour Inc. (Japan)", "harbour", "inc", "back", "(japan)"),
        ("Harbour - Tokyo Branch", "harbour", "", "", "tokyo branch"),
        ("Acme (Pvt) Ltd", "acme", "ltd", "back", ""),
        ('ООО "Гавань"', "гавань", "ooo", "front", ""),
        ("항구전자(주)", "항구전자", "korean", "back", ""),
        ("Scaab", "scaab", "", "", ""),
        ("Harbour Office", "harbour office", "", "", ""),
    ],
)
def test_a_name_is_its_core_its_form_and_its_branch(
    name: str, core: str, form: str, position: str, unit: str
) -> None:
    [keys] = read(name)
    told = {part: keys[part] for part in ("core", "form", "form_position", "unit")}
    assert told == {"core": core, "form": form, "form_position": position, "unit": unit}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("株式会社廣瀬商會", "（株）広瀬商会"),
        ("髙橋印刷㈱", "高橋印刷 株式会社"),
        ("ミナト・システムズ株式会社", "ミナトシステムズ（株）"),
        ("キヤノピー株式会社", "キャノピー株式会社"),
        ("テクニタップ(有)", "テク二タップ有限会社"),
        ("エコー工業(株)", "エコ－エ業株式会社"),
        ("GMОミナト", "GMOミナト"),
        ("株式会社Minato Works", "㈱ＭＩＮＡＴＯＷＯＲＫＳ"),
        ("ミナトコンサルティング&サービス", "ミナトコンサルティング・アンド・サービス"),
        ("株式会社ミナトほか", "株式会社ミナト"),
        ("ミナトコーポレーション(株)", "ミナトコーポレーシ ョン株式会社"),
        ("株式会社ミナト・アンド・ハマ", "株式会社ミナト／アンド／ハマ"),
        ("The Harbour Company", "Harbour Co."),
        ("Harbour and Sons Ltd", "Harbour & Sons, Ltd."),
        ("有志の会代表機関株式会社ミナト", "株式会社ミナト"),
    ],
)
def test_what_is_typed_differently_has_one_key(one: str, other: str) -> None:
    left, right = read(one, other)
    assert left["key"] == right["key"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("株式会社ミナト", "ミナト株式会社"),
        ("株式会社ミナト", "有限会社ミナト"),
        ("みなと工業株式会社", "みなと興業株式会社"),
        ("Harbour Ltd", "Harbour Inc"),
    ],
)
def test_different_companies_keep_different_keys(one: str, other: str) -> None:
    left, right = read(one, other)
    assert left["key"] != right["key"]


def test_a_long_vowel_is_no_difference_between_skeletons() -> None:
    left, right = read("ミナトコンピューター株式会社", "ミナトコンピュータ株式会社")
    assert left["skeleton"] == right["skeleton"]


@pytest.mark.parametrize("name", ["株式会社ミナト、株式会社ハマ", "ミナト・ハマ特定建設共同企業体"])
def test_a_group_of_companies_is_told(name: str) -> None:
    assert read(name)[0]["several"]


def test_nothing_has_no_key() -> None:
    missing, empty, form = read(None, "", "株式会社")
    assert missing is None
    assert (empty["key"], form["key"], form["skeleton"]) == (None, None, None)
