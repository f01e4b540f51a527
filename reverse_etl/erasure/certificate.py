"""Writes what an erasure did, where, when, and how that was seen, without naming the person."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from warehouse.erasures import Erasure, Step

_SAYS = {
    "done": "done, verified",
    "unverified": "done, NOT verified",
    "manual": "TO DO by a person",
    "failed": "FAILED",
    "planned": "not yet done",
}


def certificate_of(erasure: Erasure, steps: Sequence[Step], at: datetime) -> dict[str, Any]:
    """The certificate as a document. It is complete when nothing is open and nothing is left over.

    `subject` is the keyed hash of the address or id: whoever has the key and the address can show
    that this is the person's certificate, and nobody else can find out whose it is.
    """
    counted = Counter(step.status for step in steps)
    is_open = any(step.is_open for step in steps)
    is_whole = not counted["manual"] + counted["unverified"]
    ended = "complete" if is_whole else "complete but for the steps that are named"
    return {
        "erasure_id": erasure.erasure_id,
        "plan": erasure.plan_digest,
        "subject": erasure.subject_digest,
        "began_at": erasure.began_at.isoformat(),
        "written_at": at.isoformat(),
        "status": "incomplete" if is_open else ended,
        "counts": dict(counted),
        "steps": [
            {
                "what": step.kind,
                "where": step.at,
                "found": step.found,
                "status": step.status,
                "verification": step.said,
                "when": step.ended_at.isoformat() if step.ended_at else None,
            }
            for step in steps
        ],
    }


def as_markdown(document: dict[str, Any]) -> str:
    """The certificate for people."""
    lines = [
        f"# Certificate of erasure {document['erasure_id']}",
        "",
        f"- Status: **{document['status']}**",
        f"- Person: `{document['subject']}` (keyed hash)",
        f"- Plan: `{document['plan']}`",
        f"- Began: {document['began_at']}",
        f"- Written: {document['written_at']}",
        "",
        "| where | what | found | how it ended | verification | when |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        "| "
        + " | ".join(
            _cell(one)
            for one in (
                step["where"],
                step["what"],
                step["found"],
                _SAYS[step["status"]],
                step["verification"],
                step["when"],
            )
        )
        + " |"
        for step in document["steps"]
    ]
    return "\n".join(lines) + "\n"


def write_certificate(
    folder: Path, erasure: Erasure, steps: Sequence[Step], at: datetime
) -> tuple[Path, Path]:
    """Write it as JSON and as Markdown, in place of one of an earlier try."""
    document = certificate_of(erasure, steps, at)
    folder.mkdir(parents=True, exist_ok=True)
    paths = (folder / f"{erasure.erasure_id}.json", folder / f"{erasure.erasure_id}.md")
    texts = (json.dumps(document, ensure_ascii=False, indent=2) + "\n", as_markdown(document))
    for path, text in zip(paths, texts, strict=True):
        part = path.with_name(f".{path.name}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    return paths


def _cell(value: object) -> str:
    return "-" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
