"""Asks every question of identity, each in a process of its own, and prints one table.

python -m benchmarks.identity --only contacts febrl3 --data ../shared/data
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.identity.asked import QUESTIONS
from benchmarks.identity.figures import Figure, answered
from benchmarks.identity.questions import Question
from benchmarks.report import Report, Target
from benchmarks.running import DATA, ROOT

MADE = DATA / "identity"


def main() -> None:
    options = _options()
    report = Report(
        "Identity, on data with known truth",
        ("data", "measure", "asked", "figure", "elsewhere", "", "wall", "CPU", "MB"),
    )
    MADE.mkdir(parents=True, exist_ok=True)
    chosen = [one for one in QUESTIONS if not options.only or one.name in options.only]
    targets: list[Target] = []
    failed = [one.name for one in chosen if not _ask(one, options.data, report, targets)]
    report.show()
    report.targets = targets
    if not options.only:
        print(f"Every figure as JSON: {report.write(DATA / 'results').relative_to(ROOT)}")
    if failed:
        sys.exit(f"These did not run to their end: {', '.join(failed)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    names = [question.name for question in QUESTIONS]
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    return parser.parse_args()


def _ask(question: Question, given: Path, report: Report, targets: list[Target]) -> bool:
    """Put the answer into the report; False if there is none though the data is there."""
    if question.folder and not (given / question.folder).is_dir():
        print(f"{question.name}: left out, {given / question.folder} is not here")
        return True
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.identity.measured", question.name, given, MADE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"{question.name} failed: {done.stderr[-2_000:]}")
        return False
    answer = json.loads(done.stdout.splitlines()[-1])
    figures = answered(question.asked, answer["values"])
    _report(question, figures, answer["cost"], report)
    targets += [_target(question, figure) for figure in figures]
    return True


def _target(question: Question, figure: Figure) -> Target:
    what = f"{question.data}, {figure.asked.measure}"
    return Target(what, figure.asked.as_text(), figure.as_text(), figure.is_met)


def _report(
    question: Question, figures: list[Figure], cost: dict[str, Any], report: Report
) -> None:
    costs = (f"{cost['wall_s']:.0f} s", f"{cost['cpu_s']:.0f} s", str(cost["peak_mb"]))
    for figure in figures:
        first = figure is figures[0]
        report.rows.append(
            (
                question.data if first else "",
                figure.asked.measure,
                figure.asked.as_text(),
                figure.as_text(),
                figure.asked.elsewhere,
                "met" if figure.is_met else "MISSED",
                *(costs if first else ("", "", "")),
            )
        )
    report.figures[question.name] = {"figures": [f.as_json() for f in figures], **cost}


if __name__ == "__main__":
    main()
