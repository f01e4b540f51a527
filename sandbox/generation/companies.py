"""Real-world companies and the names under which people enter them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sandbox.generation.chance import Chance
from sandbox.generation.spelling import full_width_latin, half_width_kana, slug
from sandbox.generation.words import (
    ENGLISH_FORMS,
    ENGLISH_STEMS,
    ENGLISH_TRADES,
    JAPANESE_FORMS,
    JAPANESE_STEMS,
    JAPANESE_TRADES,
    REGIONS,
    LegalForm,
    Trade,
)

TOOL_ODDS = {"hubspot": 0.88, "salesforce": 0.76, "zendesk": 0.58}


@dataclass(frozen=True)
class Company:
    """One company of the truth; `core` is its name without the legal form."""

    key: str
    japanese: bool
    core: str
    latin: str
    form: LegalForm
    form_first: bool
    domain: str
    trade: Trade
    employees: int
    tools: frozenset[str]
    parent: str | None = None

    @property
    def country(self) -> str:
        return "JP" if self.japanese else "US"


def _tools(rng: Chance) -> frozenset[str]:
    tools = frozenset(tool for tool, odds in TOOL_ODDS.items() if rng.random() < odds)
    if rng.plain and tools <= {"zendesk"}:
        # A help desk alone tells neither size nor trade.
        return tools | {"hubspot"}
    return tools or frozenset({"hubspot"})


def _free_domain(rng: Chance, stem: str, endings: tuple[str, ...], taken: set[str]) -> str:
    ending = rng.choice(endings)
    domain, number = f"{stem}.{ending}", 2
    while domain in taken:
        domain, number = f"{stem}-{number}.{ending}", number + rng.randint(1, 9)
    taken.add(domain)
    return domain


def _japanese(rng: Chance, key: str, taken: set[str]) -> Company:
    (stem, stem_latin), trade = rng.choice(JAPANESE_STEMS), rng.choice(JAPANESE_TRADES)
    core, latin = stem + trade.word, f"{stem_latin} {trade.latin}"
    if rng.random() < 0.1:
        region, region_latin = rng.choice(REGIONS)
        core, latin = region + core, f"{region_latin} {latin}"
    endings = ("co.jp", "co.jp", "co.jp", "co.jp", "jp", "example")
    return Company(
        key=key,
        japanese=True,
        core=core,
        latin=latin,
        form=rng.choice(JAPANESE_FORMS),
        form_first=rng.random() < 0.6,
        domain=_free_domain(rng, slug(latin), endings, taken),
        trade=trade,
        employees=int(rng.lognormvariate(4.4, 1.2)) + 3,
        tools=_tools(rng),
    )


def _english(rng: Chance, key: str, taken: set[str]) -> Company:
    stem, trade = rng.choice(ENGLISH_STEMS), rng.choice(ENGLISH_TRADES)
    name = f"{stem} {trade.word}"
    stem_slug = rng.choice((slug(name), slug(name).replace("-", "")))
    endings = ("example", "example", "example", "com", "co.uk", "io")
    return Company(
        key=key,
        japanese=False,
        core=name,
        latin=name,
        form=rng.choice(ENGLISH_FORMS),
        form_first=False,
        domain=_free_domain(rng, stem_slug, endings, taken),
        trade=trade,
        employees=int(rng.lognormvariate(4.8, 1.3)) + 3,
        tools=_tools(rng),
    )


def _homonym(rng: Chance, of: Company, key: str, taken: set[str]) -> Company:
    """Another company that happens to carry the same name."""
    domain = _free_domain(rng, f"{slug(of.latin)}-{rng.choice(REGIONS)[1].lower()}", ("jp",), taken)
    return replace(of, key=key, domain=domain, tools=_tools(rng), parent=None)


def _subsidiary(rng: Chance, parent: Company, key: str) -> Company:
    """A company of its own that lives on its parent's domain."""
    word, latin = ("デジタル", "Digital") if parent.japanese else (" Digital", "Digital")
    return replace(
        parent,
        key=key,
        core=parent.core + word,
        latin=f"{parent.latin} {latin}",
        employees=max(3, parent.employees // 6),
        tools=_tools(rng),
        parent=parent.key,
    )


def companies(rng: Chance, count: int) -> Iterator[Company]:
    """`count` companies; about one in thirty is a homonym and one in thirty a subsidiary."""
    taken: set[str] = set()
    previous: Company | None = None
    for number in range(1, count + 1):
        key = f"acct-{number:06d}"
        if rng.plain:
            company = _unmistakable(rng, key, taken)
        elif previous is not None and previous.parent is None and number % 31 == 9:
            company = _homonym(rng, previous, key, taken)
        elif previous is not None and previous.parent is None and number % 29 == 13:
            company = _subsidiary(rng, previous, key)
        else:
            make = _japanese if rng.random() < 0.6 else _english
            company = make(rng, key, taken)
        previous = company
        yield company


def _unmistakable(rng: Chance, key: str, taken: set[str]) -> Company:
    """A company whose name no other company has; `taken` holds names beside domains."""
    while True:
        make = _japanese if rng.random() < 0.6 else _english
        company = make(rng, key, taken)
        if company.latin not in taken:
            taken.add(company.latin)
            return company


def plain_name(company: Company) -> str:
    """The company's name as its register has it."""
    if not company.japanese:
        return f"{company.latin}{company.form.latin[0]}"
    form, core = company.form.official, company.core
    return f"{form}{core}" if company.form_first else f"{core}{form}"


def typed_name(rng: Chance, company: Company) -> str:
    """The company's name as somebody typed it into one tool."""
    if rng.plain:
        return plain_name(company)
    if not company.japanese or rng.random() < 0.25:
        return _typed_latin(rng, company)
    core = company.core
    width = rng.random()
    if width < 0.12:
        core = half_width_kana(core)
    elif width < 0.25:
        core = full_width_latin(core)
    if rng.random() < 0.12:
        return core
    form = company.form.official if rng.random() < 0.55 else rng.choice(company.form.short)
    gap = rng.choice(("", "", "", " ", "　"))
    form_first = company.form_first if rng.random() < 0.9 else not company.form_first
    return f"{form}{gap}{core}" if form_first else f"{core}{gap}{form}"


def _typed_latin(rng: Chance, company: Company) -> str:
    name = company.latin + (rng.choice(company.form.latin) if rng.random() < 0.75 else "")
    roll = rng.random()
    if roll < 0.08:
        return name.upper()
    if roll < 0.12:
        return name.lower()
    return f" {name.replace(' ', '  ', 1)}" if roll < 0.15 else name
