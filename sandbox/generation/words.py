"""Invented company stems, trades, people's names and phrases; none describes a real party."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Trade:
    """What a company does: its word, its Latin spelling, and each CRM's industry value."""

    word: str
    latin: str
    hubspot: str
    salesforce: str


@dataclass(frozen=True)
class LegalForm:
    official: str
    short: tuple[str, ...]
    latin: tuple[str, ...]


KABUSHIKI = LegalForm(
    "株式会社", ("(株)", "（株）", "㈱"), (" Co., Ltd.", " Co.,Ltd", ", Inc.", " K.K.")
)
YUGEN = LegalForm("有限会社", ("(有)", "（有）", "㈲"), (" Ltd.", " Y.K."))
GODO = LegalForm("合同会社", ("(同)", "（同）"), (" LLC", " G.K."))
INC = LegalForm("Inc.", ("Inc",), (", Inc.", " Inc.", " Inc", " Incorporated"))
LTD = LegalForm("Ltd", ("Ltd.",), (" Ltd", " Ltd.", " Limited", " LTD"))
LLC = LegalForm("LLC", ("L.L.C.",), (" LLC", ", LLC", " L.L.C."))
CORP = LegalForm("Corp.", ("Corp",), (" Corp.", " Corporation", " Corp"))

JAPANESE_FORMS = (KABUSHIKI, KABUSHIKI, KABUSHIKI, KABUSHIKI, YUGEN, GODO)
ENGLISH_FORMS = (INC, INC, LTD, LTD, LLC, CORP)

JAPANESE_STEMS = (
    ("霞波", "Kasumiha"), ("朝凪", "Asanagi"), ("月代", "Tsukishiro"), ("茜野", "Akaneno"),
    ("水琴", "Suikin"), ("翠嶺", "Suirei"), ("星見", "Hoshimi"), ("鏡池", "Kagamiike"),
    ("蒼樹", "Soju"), ("藍染", "Aizome"), ("暁風", "Gyofu"), ("竜胆", "Rindo"),
    ("螢田", "Hotaruda"), ("風待", "Kazemachi"), ("夕凪", "Yunagi"), ("花筏", "Hanaikada"),
    ("桔梗野", "Kikyono"), ("氷室山", "Himuroyama"), ("潮騒", "Shiosai"), ("深緑", "Shinryoku"),
    ("楓林", "Furin"), ("白露", "Hakuro"), ("彩雲", "Saiun"), ("陽炎", "Kagero"),
    ("木漏日", "Komorebi"), ("雪月", "Setsugetsu"), ("雲海", "Unkai"), ("灯台", "Todai"),
    ("ルミナーレ", "Luminare"), ("ノクトス", "Noctos"), ("アルヴェリア", "Alveria"),
    ("セントリオ", "Centrio"), ("ミカヅキ", "Mikazuki"), ("フォルテラ", "Fortera"),
    ("カナリオ", "Canario"), ("ヴェルナード", "Vernado"), ("コトノハ", "Kotonoha"),
    ("ツムギ", "Tsumugi"), ("KZM", "Kzm"), ("NX9", "Nx9"), ("ARC7", "Arc7"),
)  # fmt: skip

JAPANESE_TRADES = (
    Trade("工業", "Kogyo", "MACHINERY", "Manufacturing"),
    Trade("商事", "Shoji", "WHOLESALE", "Other"),
    Trade("システム", "System", "COMPUTER_SOFTWARE", "Technology"),
    Trade("物流", "Butsuryu", "LOGISTICS_AND_SUPPLY_CHAIN", "Transportation"),
    Trade("製作所", "Seisakusho", "MACHINERY", "Manufacturing"),
    Trade("食品", "Shokuhin", "FOOD_PRODUCTION", "Food & Beverage"),
    Trade("電機", "Denki", "ELECTRICAL_ELECTRONIC_MANUFACTURING", "Electronics"),
    Trade("建設", "Kensetsu", "CONSTRUCTION", "Construction"),
    Trade("印刷", "Insatsu", "PRINTING", "Media"),
    Trade("化学", "Kagaku", "CHEMICALS", "Chemicals"),
    Trade("薬品", "Yakuhin", "PHARMACEUTICALS", "Healthcare"),
    Trade("精機", "Seiki", "MACHINERY", "Manufacturing"),
    Trade("テック", "Tech", "INFORMATION_TECHNOLOGY_AND_SERVICES", "Technology"),
    Trade("ソフト", "Soft", "COMPUTER_SOFTWARE", "Technology"),
    Trade("デザイン", "Design", "DESIGN", "Media"),
    Trade("ホールディングス", "Holdings", "FINANCIAL_SERVICES", "Finance"),
    Trade("リテイル", "Retail", "RETAIL", "Retail"),
    Trade("不動産", "Fudosan", "REAL_ESTATE", "Other"),
)

ENGLISH_STEMS = (
    "Haldenbrook", "Quillmere", "Tarnwick", "Brennoway", "Ostrelle", "Calverane", "Mirthcombe",
    "Pellgrove", "Vantaru", "Sorrelby", "Winterlune", "Dunmarrow", "Larkenfell", "Orrinsea",
    "Thistlevane", "Corvanta", "Emberlyte", "Fennimoor", "Gablestone", "Hexmarsh", "Ivorine",
    "Juniperra", "Kestravel", "Lumenfold", "Morrowick", "Nettlequay", "Oxbarrow", "Pinquill",
    "Rookhaven", "Silverthwaite", "Umberlane", "Velmoor", "Wrenhollow", "Yarrowmont", "Zephyrine",
)  # fmt: skip

ENGLISH_TRADES = (
    Trade("Freight", "Freight", "LOGISTICS_AND_SUPPLY_CHAIN", "Transportation"),
    Trade("Analytics", "Analytics", "COMPUTER_SOFTWARE", "Technology"),
    Trade("Foods", "Foods", "FOOD_PRODUCTION", "Food & Beverage"),
    Trade("Robotics", "Robotics", "MACHINERY", "Manufacturing"),
    Trade("Health", "Health", "HOSPITAL_HEALTH_CARE", "Healthcare"),
    Trade("Energy", "Energy", "UTILITIES", "Energy"),
    Trade("Capital", "Capital", "FINANCIAL_SERVICES", "Finance"),
    Trade("Software", "Software", "COMPUTER_SOFTWARE", "Technology"),
    Trade("Components", "Components", "ELECTRICAL_ELECTRONIC_MANUFACTURING", "Electronics"),
    Trade("Media", "Media", "ONLINE_MEDIA", "Media"),
    Trade("Interiors", "Interiors", "DESIGN", "Retail"),
    Trade("Biotech", "Biotech", "BIOTECHNOLOGY", "Biotechnology"),
    Trade("Consulting", "Consulting", "MANAGEMENT_CONSULTING", "Consulting"),
    Trade("Packaging", "Packaging", "PACKAGING_AND_CONTAINERS", "Manufacturing"),
    Trade("Learning", "Learning", "E_LEARNING", "Education"),
)

REGIONS = (
    ("東京", "Tokyo"), ("大阪", "Osaka"), ("札幌", "Sapporo"), ("仙台", "Sendai"),
    ("名古屋", "Nagoya"), ("神戸", "Kobe"), ("広島", "Hiroshima"), ("福岡", "Fukuoka"),
    ("北陸", "Hokuriku"), ("四国", "Shikoku"), ("九州", "Kyushu"), ("東北", "Tohoku"),
)  # fmt: skip

JAPANESE_FAMILIES = (
    ("佐藤", "Sato"), ("鈴木", "Suzuki"), ("高橋", "Takahashi"), ("田中", "Tanaka"),
    ("伊藤", "Ito"), ("渡邊", "Watanabe"), ("山本", "Yamamoto"), ("中村", "Nakamura"),
    ("小林", "Kobayashi"), ("加藤", "Kato"), ("吉田", "Yoshida"), ("山田", "Yamada"),
    ("佐々木", "Sasaki"), ("斎藤", "Saito"), ("松本", "Matsumoto"), ("井上", "Inoue"),
    ("木村", "Kimura"), ("清水", "Shimizu"), ("林", "Hayashi"), ("髙田", "Takada"),
    ("森", "Mori"), ("池田", "Ikeda"), ("阿部", "Abe"), ("石川", "Ishikawa"),
    ("大野", "Ono"), ("原田", "Harada"), ("長谷川", "Hasegawa"), ("小野寺", "Onodera"),
)  # fmt: skip

JAPANESE_GIVENS = (
    ("陽翔", "Haruto"), ("蓮", "Ren"), ("湊", "Minato"), ("大輔", "Daisuke"), ("健太", "Kenta"),
    ("拓也", "Takuya"), ("直樹", "Naoki"), ("翔太", "Shota"), ("裕子", "Yuko"), ("陽子", "Yoko"),
    ("美咲", "Misaki"), ("結衣", "Yui"), ("葵", "Aoi"), ("さくら", "Sakura"), ("真由美", "Mayumi"),
    ("恵", "Megumi"), ("由美子", "Yumiko"), ("誠", "Makoto"), ("修", "Osamu"), ("洋介", "Yosuke"),
    ("純一", "Junichi"), ("香織", "Kaori"), ("麻衣", "Mai"), ("悠", "Yu"), ("隆", "Takashi"),
)  # fmt: skip

ENGLISH_FAMILIES = (
    "Ashdown", "Barlow", "Carrick", "Dunleavy", "Ellery", "Fairburn", "Garside", "Hollis",
    "Ingram", "Jessop", "Kirkby", "Lomax", "Merrick", "Norcross", "Oakden", "Pryor", "Quayle",
    "Radley", "Sefton", "Tolland", "Underhill", "Vickers", "Wexley", "Yardley", "O'Hanlon",
    "van der Meer", "García", "Müller",
)  # fmt: skip

ENGLISH_GIVENS = (
    "Abigail", "Benjamin", "Clara", "Dominic", "Elena", "Frederick", "Georgia", "Harriet",
    "Isaac", "Joanna", "Katherine", "Leonard", "Miriam", "Nathaniel", "Olivia", "Patrick",
    "Rebecca", "Samuel", "Theresa", "Victor", "William", "Yvonne", "Zachary", "Robert",
)  # fmt: skip

NICKNAMES = {
    "Abigail": "Abby", "Benjamin": "Ben", "Dominic": "Dom", "Frederick": "Fred",
    "Katherine": "Kate", "Nathaniel": "Nate", "Patrick": "Pat", "Rebecca": "Becky",
    "Samuel": "Sam", "Theresa": "Tess", "William": "Bill", "Zachary": "Zach", "Robert": "Bob",
}  # fmt: skip

FREE_MAIL = ("gmail.com", "gmail.com", "yahoo.co.jp", "docomo.ne.jp", "outlook.com")

JAPANESE_TITLES = (
    "代表取締役", "営業部長", "情報システム部 課長", "購買担当", "マーケティング部 主任",
    "経理部長", "総務課", "DX推進室 室長", "製造部 部長", "カスタマーサポート担当",
)  # fmt: skip
ENGLISH_TITLES = (
    "CEO", "VP Sales", "Head of IT", "Procurement Manager", "Marketing Manager",
    "Finance Director", "Operations Lead", "Chief of Staff", "Plant Manager", "Support Lead",
)  # fmt: skip

PRODUCTS = ("Platform", "Analytics add-on", "Support plan", "Renewal", "導入支援", "追加ライセンス")

JAPANESE_SUBJECTS = (
    "ログインできません", "請求書の宛名を変更したい", "CSVエクスポートが途中で止まる",
    "ユーザーを追加する方法", "APIの応答が遅い", "契約更新について", "レポートの数値が合わない",
)  # fmt: skip
ENGLISH_SUBJECTS = (
    "Cannot sign in since this morning", "Invoice shows the wrong address",
    "Export stops half way", "How do we add a user?", "API answers slowly",
    "Question about our renewal", "Numbers differ between two reports",
)  # fmt: skip
