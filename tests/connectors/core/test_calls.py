import pytest

from connectors.core.calls import CallLog, template_of


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/crm/v3/objects/companies/batch/update", "/crm/v3/objects/companies/batch/update"),
        ("/crm/objects/2026-03/contacts/4711?limit=2", "/crm/objects/2026-03/contacts/{id}"),
        (
            "/services/data/v62.0/sobjects/Task/00T5g00000AbCdEFGH",
            "/services/data/v62.0/sobjects/Task/{id}",
        ),
        ("https://host/api/v2/users/sato@example.jp.json", "/api/v2/users/{id}"),
        ("/api/conversations.history", "/api/conversations.history"),
    ],
)
def test_a_path_is_told_without_the_record_that_it_names(path: str, template: str) -> None:
    assert template_of(path) == template


def test_requests_are_counted_by_how_they_were_answered() -> None:
    log = CallLog()
    log.note("GET", "/a/1", 200, 0.5)
    log.note("GET", "/a/2", 204, 0.25)
    log.note("GET", "/a/2", 429, 0.1)
    log.note("GET", "/a/2", None, 3)
    assert [
        (one["path"], one["status"], one["calls"], one["seconds"]) for one in log.as_json()
    ] == [
        ("/a/{id}", "2xx", 2, 0.75),
        ("/a/{id}", "429", 1, 0.1),
        ("/a/{id}", "none", 1, 3),
    ]


def test_paths_without_end_are_told_apart_only_so_far() -> None:
    log = CallLog()
    for number in range(500):
        log.note("GET", "/" + "x" * (number + 1), 200, 0)
    assert len(log.as_json()) == 201
    assert sum(int(one["calls"]) for one in log.as_json()) == 500
