"""The production layout as text: what its files may say, and that they agree with each other."""

import json
import re
import tomllib
from typing import Any

import pytest
import yaml

from warehouse.settings import PROJECT_ROOT

DEPLOY = PROJECT_ROOT / "deploy"
PINNED = re.compile(r"[a-z0-9./-]+:\d+\.\d+[\w.-]*")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = compose()["services"]
    return found


def compose() -> Any:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's, with continued lines joined and comments gone."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined)]


def faults_of_compose(document: Any) -> list[str]:  # noqa: C901 - one rule after another
    """What no service may do; each with its name."""
    faults = []
    for name, one in document["services"].items():
        faults += [f"{name}: {one['image']} is not pinned"] * (not PINNED.fullmatch(one["image"]))
        for port in one.get("ports", []):
            if not str(port).startswith("127.0.0.1:"):
                faults.append(f"{name}: {port} is open to other machines")
        for variable, value in one.get("environment", {}).items():
            if re.search("PASSWORD|URL", variable) and not re.search(r"\$\{\w+:\?[^}]+\}", value):
                faults.append(f"{name}: {variable} is written down")
        if one.get("privileged") or one.get("network_mode") == "host":
            faults.append(f"{name}: it is not kept apart from the host")
        for volume in one.get("volumes", []):
            source = volume.split(":")[0]
            if source not in document["volumes"]:
                faults.append(f"{name}: {source} is no declared volume")
        for other in one.get("depends_on", {}):
            if "healthcheck" not in document["services"][other]:
                faults.append(f"{name}: nobody can tell whether {other} is ready")
    return faults


def faults_of_image(lines: list[tuple[str, str]]) -> list[str]:  # noqa: C901 - one rule each
    """As hadolint has them: what is unpinned, runs as root, or leaves more in the image."""
    faults = []
    for word, rest in lines:
        if word == "FROM" and not PINNED.fullmatch(rest.split(" AS ")[0]):
            faults.append(f"DL3006: {rest} is not pinned")
        if word == "ADD":
            faults.append("DL3020: COPY, not ADD")
        if word in {"CMD", "ENTRYPOINT"} and not rest.startswith("["):
            faults.append(f"DL3025: {word} in its JSON form")
        if word == "WORKDIR" and not rest.startswith("/"):
            faults.append("DL3000: WORKDIR is absolute")
        if word == "RUN" and "pip install" in rest:
            if "--no-cache-dir" not in rest:
                faults.append("DL3042: pip without a cache")
            if "--requirement" in rest and "--require-hashes" not in rest:
                faults.append("a package without its hash")
        if word == "RUN" and re.search(r"\b(sudo|curl|wget)\b", rest):
            faults.append(f"DL3004: {rest.split()[0]} fetches what no lock names")
        if word == "ENV" and re.search(r"(PASSWORD|TOKEN|SECRET|KEY)=", rest):
            faults.append("a secret in the image")
    users = [rest for word, rest in lines if word == "USER"]
    if not users or users[-1] in {"root", "0"}:
        faults.append("DL3002: the last user is root")
    return faults


def test_the_files_say_nothing_that_they_must_not() -> None:
    assert faults_of_compose(compose()) == []
    assert faults_of_image(instructions()) == []


@pytest.mark.parametrize(
    ("service", "change", "because"),
    [
        ("webserver", {"ports": ["3000:3000"]}, "open to other machines"),
        ("postgresql", {"image": "postgres:latest"}, "not pinned"),
        ("postgresql", {"environment": {"POSTGRES_PASSWORD": "hunter2"}}, "written down"),
        ("daemon", {"environment": {"DAGSTER_PG_URL": "postgresql://a:b@c/d"}}, "written down"),
        ("daemon", {"network_mode": "host"}, "kept apart"),
        ("code", {"volumes": ["/:/host"]}, "no declared volume"),
    ],
)
def test_what_is_wrong_with_a_service_is_seen(
    service: str, change: dict[str, Any], because: str
) -> None:
    document = compose()
    document["services"][service] |= change
    assert any(because in one and one.startswith(service) for one in faults_of_compose(document))


@pytest.mark.parametrize(
    ("line", "because"),
    [
        (("FROM", "python:latest"), "DL3006"),
        (("USER", "root"), "DL3002"),
        (("ADD", "https://example.test/a /a"), "DL3020"),
        (("CMD", "dagster dev"), "DL3025"),
        (("RUN", "pip install dagster"), "DL3042"),
        (("RUN", "pip install --no-cache-dir --requirement a.txt"), "without its hash"),
        (("ENV", "REVOPS_HUBSPOT__TOKEN=pat"), "secret"),
    ],
)
def test_what_is_wrong_with_the_image_is_seen(line: tuple[str, str], because: str) -> None:
    assert any(because in one for one in faults_of_image([*instructions(), line]))


def test_only_the_webserver_has_a_port_and_only_on_loopback(services: dict[str, Any]) -> None:
    assert {name for name, one in services.items() if "ports" in one} == {"webserver"}


def test_each_service_says_whether_it_works(services: dict[str, Any]) -> None:
    assert {name for name, one in services.items() if "healthcheck" not in one} == set()


def test_backups_are_written_where_a_volume_is(services: dict[str, Any]) -> None:
    places = {one.partition(":")[2] for one in services["code"]["volumes"]}
    kept = {rest for word, rest in instructions() if word == "VOLUME"}
    assert {" ".join(sorted(places))} == {" ".join(sorted(one.split())) for one in kept}
    set_in_image = dict(
        re.findall(r'(\w+)="([^"]*)"', " ".join(r for w, r in instructions() if w == "ENV"))
    )
    assert {set_in_image["REVOPS_HOME"], set_in_image["REVOPS_BACKUP__FOLDER"]} == places


def test_the_tools_credentials_are_known_to_the_code_only(services: dict[str, Any]) -> None:
    assert {name for name, one in services.items() if "env_file" in one} == {"code"}


def test_every_setting_that_dagster_reads_is_given_by_compose_or_the_image(
    services: dict[str, Any],
) -> None:
    texts = [(DEPLOY / "dagster" / name).read_text() for name in ("dagster.yaml", "workspace.yaml")]
    wanted = {name for text in texts for name in re.findall(r"env: (\w+)", text)}
    set_in_image = " ".join(rest for word, rest in instructions() if word == "ENV")
    of_image = set(re.findall(r"(\w+)=", set_in_image))
    for name in ("code", "daemon", "webserver"):
        assert wanted <= set(services[name]["environment"]) | of_image, name


def test_the_image_is_of_this_version_and_holds_what_is_named(services: dict[str, Any]) -> None:
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    tags = {one["image"] for one in services.values() if "build" in one}
    assert tags == {f"revops-pipeline:{project['project']['version']}"}
    for word, rest in instructions():
        if word == "COPY" and not rest.startswith("--from"):
            source = rest.split()[-2]
            assert (PROJECT_ROOT / source).exists(), rest
        if word == "CMD":
            assert services["code"]["command"][:3] == json.loads(rest)[:3]


def test_nothing_of_this_machine_comes_into_the_image_or_the_history() -> None:
    left_out = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").split("\n")
    assert {".git", ".env", "**/*.env", ".revops*"} <= set(left_out)
    ignored = (PROJECT_ROOT / ".gitignore").read_text(encoding="utf-8").split("\n")
    assert {"deploy/*.env", "deploy/.env"} <= set(ignored)
