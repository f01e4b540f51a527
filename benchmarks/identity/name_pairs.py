"""name_bench: pairs of names across scripts, judged one by one."""

from __future__ import annotations

from benchmarks.identity.figures import Asked
from benchmarks.identity.questions import Places, Question, Values
from identity.measure import harmonic
from identity.names.compare import THRESHOLD, compare_names
from warehouse.connection import scratch


def _f1(scores: list[float], labels: list[bool]) -> float:
    found = [score >= THRESHOLD for score in scores]
    right = sum(f and label for f, label in zip(found, labels, strict=True))
    return harmonic(right / max(sum(found), 1), right / max(sum(labels), 1))


def _answer(places: Places) -> Values:
    values: Values = {}
    file = places.given / "name_bench" / "cases.csv"
    for kind, schema in (
        ("company", "in ('Company', 'Organization', 'LegalEntity')"),
        ("person", "= 'Person'"),
    ):
        with scratch() as session:
            cases = session.arrow(f"""
                select name1, name2, is_match::boolean as is_match
                from read_csv('{file}', all_varchar = true) where schema {schema}
            """)
        scores = compare_names(cases["name1"], cases["name2"], kind=kind)
        values[kind] = _f1(scores.to_pylist(), cases["is_match"].to_pylist())
    return values


QUESTION = Question(
    "name_bench",
    "name_bench",
    "name_bench",
    {
        "company": Asked("company: F1", 0.90, elsewhere=".865"),
        "person": Asked("person: F1", 0.78, elsewhere=".742"),
    },
    _answer,
)
