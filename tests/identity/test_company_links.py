"""Companies with little but a name: what links two of them, and what must not."""

from __future__ import annotations

from collections.abc import Iterator

import networkx as nx
import pyarrow as pa
import pytest

from identity.names.company_links import link_names
from warehouse.connection import Session, scratch


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with scratch(threads=1) as session:
        yield session


def groups(session: Session, *names: str) -> set[frozenset[str]]:
    """The names that hang together, two and more each."""
    session.load("typed", pa.table({"record": [*map(str, range(len(names)))], "name": names}))
    edges = link_names(session, "typed").to_pylist()
    graph = nx.Graph(
        (names[int(edge["left_record"])], names[int(edge["right_record"])]) for edge in edges
    )
    return {frozenset(component) for component in nx.connected_components(graph)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("株式会社ミナト製作所", "㈱ミナト製作所"),
        ("株式会社ミナト製作所", "ミナト製作所"),
        ("株式会社ミナト製作所", "株式会社ミナト製作所大阪支店"),
        ("株式会社ミナト製作所", "株式会社ミナト製作所港湾設備事業本部"),
        ("エヌ・ケイ・ティデータ港湾株式会社", "NKTデータ港湾（株）"),
        ("ミナト製作所株式会社", "(株)ミナト製作所"),
        ("株式会社ミナトコンベンションリンケージ", "株式会社ミナトコンベンションリンゲージ"),
        ("一般財団法人みなと港湾協会", "公益財団法人みなと港湾協会"),
        ("学校法人みなと学園", "学校法人みなと学園みなと大学"),
        ("岩手県", "岩手県教育委員会"),
        ("岩手県警察", "岩手県立みなと病院"),
        ("久留米市", "福岡県久留米市"),
        ("国土交通省", "国土交通省中部地方整備局"),
        ("Harbour Trading Ltd", "Harbour Trading"),
    ],
)
def test_names_of_one_company_hang_together(session: Session, one: str, other: str) -> None:
    assert groups(session, one, other) == {frozenset({one, other})}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("株式会社ミナト製作所", "ミナト製作所株式会社"),
        ("株式会社ミナト製作所", "有限会社ミナト製作所"),
        ("株式会社ミナト", "株式会社ミナト製作所"),
        ("有限会社みなと", "有限会社みなと薬局"),
        ("株式会社OCT", "株式会社オーシーティー"),
        ("株式会社ミナト", "ミナト・ハマ特定建設工事共同企業体"),
        ("平内町", "平内町漁業協同組合"),
        ("福岡県", "福岡県社会福祉協議会事務局"),
        ("京都府", "京都府公立大学法人"),
        ("宮城県漁業共済組合", "宮崎県漁業共済組合"),
        ("国土交通省", "国土交通省観光庁"),
        ("Harbour Trading Ltd", "Harbour Trading Inc"),
    ],
)
def test_names_of_two_companies_do_not(session: Session, one: str, other: str) -> None:
    assert groups(session, one, other) == set()


def test_a_name_without_its_form_is_neither_of_two_companies(session: Session) -> None:
    assert groups(session, "株式会社ミナト製作所", "ミナト製作所株式会社", "ミナト製作所") == set()


def test_a_town_without_its_prefecture_is_neither_of_two_towns(session: Session) -> None:
    assert groups(session, "福井県池田町", "長野県池田町", "池田町") == set()


def test_a_glyph_in_a_name_of_common_words_is_a_difference(session: Session) -> None:
    names = [f"株式会社{word}コーポレーション" for word in ("アート", "アヤト", "サント", "タント")]
    assert groups(session, *names) == set()
