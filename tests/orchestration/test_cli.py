import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from orchestration.cli import cli
from reverse_etl.spec import syncs
from tests.orchestration.command import revops
from tests.reverse_etl.bench import FIRST_ID, SPEC, TOKEN, Bench, wished

SYNC = SPEC.name


def commands() -> dict[str, click.Command]:
    """Every command and subcommand, by what one types."""
    context = click.Context(cli)
    found: dict[str, click.Command] = {}
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None, name
        found[name] = command
        if isinstance(command, click.Group):
            found |= {f"{name} {sub}": one for sub, one in command.commands.items()}
    return found


def test_every_listed_command_loads_and_teaches() -> None:
    for name, command in commands().items():
        said = revops(*name.split(), "--help")
        assert said.code == 0
        assert said.out.startswith(f"Usage: revops {name} ")
        teaching = (command.help or "").strip()
        assert len(teaching.split()) >= 5, f"{name} explains nothing"


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_option_is_explained(name: str) -> None:
    obvious = {"out", "port", "data", "scale", "as_of"}
    for option in commands()[name].params:
        if isinstance(option, click.Option) and option.name not in obvious:
            assert option.help, f"{name} --{option.name}"


def test_the_command_says_what_its_exit_codes_mean() -> None:
    said = revops("--help").out
    codes = ("0 done", "2 misconfigured", "3 held", "4 partial", "5 a tool or the")
    assert all(code in said for code in codes), said


def test_starting_the_command_loads_neither_dagster_nor_great_expectations() -> None:
    script = (
        "import sys\n"
        "from orchestration.cli import cli\n"
        "import click\n"
        "context = click.Context(cli)\n"
        "for name in cli.list_commands(context): cli.get_command(context, name)\n"
        "heavy = {'dagster', 'dagster_dbt', 'great_expectations', 'dbt', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"


# -- exit codes ----------------------------------------------------------------------------


def ready(bench: Bench, **more: Any) -> None:
    bench.wish([wished(n, **more) for n in range(5)])
    bench.judge()


def test_a_sync_that_delivers_ends_with_0(bench: Bench) -> None:
    ready(bench)
    said = revops("sync", SYNC, "--json")
    assert said.code == 0
    assert said.document["delivery"]["outcomes"] == {"acknowledged": 5}


def test_a_sync_that_the_gate_holds_ends_with_3_and_says_why(bench: Bench) -> None:
    ready(bench)
    bench.judge("hold")
    for arguments in (("sync", SYNC), ("plan", SYNC), ("sync", SYNC, "--dry-run")):
        said = revops(*arguments, "--json")
        assert said.code == 3
        assert "holds" in json.dumps(said.document)
        assert "holds" in revops(*arguments).out
    assert bench.calls() == 0


def test_a_sync_with_a_rejected_row_ends_with_4_and_names_it(bench: Bench) -> None:
    bench.wish([wished(0), wished(99)])
    bench.judge()
    said = revops("sync", SYNC)
    assert said.code == 4
    assert f"rejected {FIRST_ID + 99}" in said.out


def test_a_tool_that_does_not_answer_ends_with_5(bench: Bench) -> None:
    ready(bench)
    bench.faults({"kind": "server_error", "times": None})
    said = revops("sync", SYNC)
    assert said.code == 5
    assert "stopped" in said.out


def test_a_wrong_credential_ends_with_2_and_names_the_setting(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(bench)
    wrong = "pat-wrong-1234567"
    monkeypatch.setenv("REVOPS_HUBSPOT__TOKEN", wrong)
    for arguments in (("sync", SYNC), ("doctor", "hubspot"), ("extract", "hubspot")):
        for flag in ([], ["--json"]):
            said = revops(*arguments, *flag)
            assert said.code == 2, said
            assert "REVOPS_HUBSPOT__" in said.out + said.err
            assert wrong not in said.out + said.err


def test_a_missing_credential_ends_with_2_and_names_the_setting(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REVOPS_HUBSPOT__TOKEN")
    said = revops("doctor", "hubspot")
    assert said.code == 2
    assert "REVOPS_HUBSPOT__TOKEN is not set" in said.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("sync", "nope"),
        ("plan", "nope"),
        ("gate", "nope"),
        ("extract", "nope"),
        ("extract", "--stream", "nope"),
        ("doctor", "nope"),
        ("sync",),
        ("sync", SYNC, "--all"),
    ],
)
def test_what_does_not_exist_ends_with_2_and_one_document(
    bench: Bench, arguments: tuple[str, ...]
) -> None:
    said = revops(*arguments, "--json")
    assert said.code == 2
    assert said.document["exit_code"] == 2
    assert said.document["error"]
    assert "Misconfigured" in said.err


def test_a_setting_that_is_wrong_is_named_without_its_value(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVOPS_HTTP__MAX_ATTEMPTS", "s3cret")
    said = revops("status", "--json")
    assert said.code == 2
    assert "REVOPS_HTTP__MAX_ATTEMPTS" in said.out
    assert "s3cret" not in said.out + said.err


# -- reviewed plans ------------------------------------------------------------------------


def test_a_reviewed_plan_is_sent_as_it_was_reviewed(bench: Bench, tmp_path: Path) -> None:
    ready(bench)
    file = tmp_path / "plan.json"
    assert revops("plan", SYNC, "--out", str(file)).code == 0
    assert revops("sync", SYNC, "--plan", str(file)).code == 0
    assert bench.calls() == 1


@pytest.mark.parametrize("flags", [[], ["--dry-run"]])
def test_a_plan_is_refused_once_the_data_has_drifted(
    bench: Bench, tmp_path: Path, flags: list[str]
) -> None:
    ready(bench)
    file = tmp_path / "plan.json"
    revops("plan", SYNC, "--out", str(file))
    ready(bench, account_score=1)
    said = revops("sync", SYNC, "--plan", str(file), *flags, "--json")
    assert said.code == 3
    assert said.document
    assert bench.calls() == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", "not json", "3"])
def test_a_file_that_is_no_plan_ends_with_2(bench: Bench, tmp_path: Path, text: str) -> None:
    ready(bench)
    file = tmp_path / "plan.json"
    file.write_text(text)
    said = revops("sync", SYNC, "--plan", str(file), "--json")
    assert (said.code, said.document["exit_code"]) == (2, 2)


# -- output --------------------------------------------------------------------------------


def test_all_syncs_are_one_document(bench: Bench) -> None:
    """Only one model has been built here: the other syncs say so, and it is told with them."""
    ready(bench)
    wanted = [name for name, one in syncs().items() if one.destination == "hubspot"]
    for flags in (["--dry-run"], []):
        said = revops("sync", "--all", "--json", *flags)
        assert said.code == 2
        told = {one.get("sync") or one["plan"]["sync"]: one for one in said.document["syncs"]}
        assert list(told) == wanted
        assert [name for name, one in told.items() if "error" not in one] == [SYNC]


def test_a_sync_that_cannot_begin_is_one_document_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(bench)
    monkeypatch.setenv("REVOPS_HUBSPOT__TOKEN", "pat-wrong-1234567")
    said = revops("sync", SYNC, "--json")
    assert (said.code, said.document["exit_code"]) == (2, 2)
    assert TOKEN not in said.out + said.err


@pytest.mark.parametrize("text", [":key:", "[/x]", "[red]", "[重要]", "O'Brien"])
def test_a_value_is_shown_as_it_is(bench: Bench, text: str) -> None:
    bench.wish([wished(0, account_id=text)])
    bench.judge()
    said = revops("plan", SYNC, "--json")
    assert said.document["changes"][0]["fields"]["revops_account_id"]["after"] == text
    shown = revops("plan", SYNC)
    assert shown.code == 0
    assert text.expandtabs() in shown.out.expandtabs()


def test_a_plan_for_people_shows_the_first_changes_and_says_how_to_see_the_rest(
    bench: Bench,
) -> None:
    bench.wish([wished(n) for n in range(20)])
    bench.judge()
    said = revops("plan", SYNC).out
    assert "20 sent for the first time" in said
    assert "and 8 more" in said


def test_a_dry_run_sends_nothing(bench: Bench) -> None:
    ready(bench)
    assert revops("sync", SYNC, "--dry-run", "--json").document["counts"]["first"] == 5
    assert bench.portal.requests() == []
