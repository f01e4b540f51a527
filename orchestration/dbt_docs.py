"""dbt's own pages: what each model is made of, beside Great Expectations' Data Docs."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from warehouse.settings import DBT_PROJECT

_LOG = logging.getLogger(__name__)
# What dbt makes of the manifest: one file that needs no other.
_MADE = "static_index.html"


def data_docs(home: Path) -> Path:
    """What a web server shows of an installation: a folder per gate, and `dbt`."""
    return home.absolute() / "data_docs"


def dbt_docs(docs: Path) -> Path:
    """Where the page lies in the folder that is shown."""
    return docs / "dbt" / "index.html"


def model_page(shown: str, unique_id: str) -> str:
    """The address of one model in the pages shown at `shown`."""
    kind = unique_id.split(".", 1)[0]
    return f"{shown}/dbt/index.html#!/{kind}/{unique_id}"


def write_dbt_docs(target: Path, docs: Path) -> Path | None:
    """Write the page of the manifest in `target`, unless it is there already; None without one.

    It asks the warehouse nothing, so that it holds no lease: columns and their types are declared.
    It takes half a minute of CPU, and a page that cannot be made stops nothing: a warning says why,
    and the one of before stays.
    """
    page = dbt_docs(docs)
    if not has_manifest(target):
        return None
    if not is_outdated(docs):
        return page
    try:
        _write(target, page)
    except (OSError, subprocess.SubprocessError) as error:
        _LOG.warning("dbt's pages could not be written: %s", error)
        return None
    return page


def has_manifest(target: Path) -> bool:
    """Whether a build has left what the pages are made of."""
    return (target / "manifest.json").exists()


def is_outdated(docs: Path) -> bool:
    """Whether the project changed after the page was written, or there is none."""
    page = dbt_docs(docs)
    return not page.exists() or page.stat().st_mtime < changed_at()


def _write(target: Path, page: Path) -> None:
    page.parent.mkdir(parents=True, exist_ok=True)
    # A folder of its own: in the other one the next build may be at work.
    with TemporaryDirectory(prefix="revops-dbt-docs-") as scratch:
        for name in ("manifest.json", "partial_parse.msgpack"):
            if (target / name).exists():
                shutil.copyfile(target / name, Path(scratch) / name)
        made = _generate(scratch)
        if made.returncode:
            said = (made.stdout + made.stderr).strip()
            raise subprocess.SubprocessError(f"`dbt docs generate` failed: {said[-300:]}")
        # Renamed into its place, so that nobody is shown half of it.
        partial = page.with_suffix(".partial")
        shutil.copyfile(Path(scratch) / _MADE, partial)
        partial.replace(page)


def _generate(target: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own interpreter, our own arguments
        [
            *(sys.executable, "-m", "dbt.cli.main", "--no-use-colors", "docs", "generate"),
            *("--static", "--no-compile", "--empty-catalog", "--quiet"),
            *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
            *("--target-path", target, "--log-path", target),
        ],
        cwd=DBT_PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


def changed_at() -> float:
    """When a file of the project was last written, in seconds of the epoch."""
    folders = ("models", "macros", "seeds", "tests")
    files = [path for folder in folders for path in (DBT_PROJECT / folder).rglob("*")]
    return max(path.stat().st_mtime for path in [*files, DBT_PROJECT / "dbt_project.yml"])
