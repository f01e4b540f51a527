"""Under a vendor's limit and latency, landing must take no longer than the limit dictates."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from urllib.request import urlopen

from benchmarks.report import Report, Target
from benchmarks.running import DATA, contest, serving

PER_TEN_SECONDS = 190
LATENCY_MS = ("20", "50")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=120_000)
    parser.add_argument("--out", type=Path, default=DATA / "results")
    asked = parser.parse_args()
    limits = ("--per-ten-seconds", str(PER_TEN_SECONDS), "--latency-ms", *LATENCY_MS)
    with serving(asked.rows, *limits) as (server, rendered):
        cost = contest("ours_limited", server, asked.rows, rendered)
        seen = json.load(urlopen(f"{server}/seen"))
    dictated = seen["requests"] / (PER_TEN_SECONDS / 10)
    tail = cost.ended_at - seen["last_page_at"]
    made = Report(
        "Throttled landing",
        ("requests", "refused", "limit dictates s", "wall s", "last page to last record s"),
        [
            (
                f"{seen['requests']:,}",
                f"{seen['refused']:,}",
                f"{dictated:.1f}",
                f"{cost.wall_seconds:.1f}",
                f"{tail:.1f}",
            )
        ],
    )
    ratio = cost.wall_seconds / dictated
    made.targets = [
        Target("wall beside the limit", "at most 1.03x", f"{ratio:.3f}x", ratio <= 1.03),
        Target("last page to last record", "at most 5 s", f"{tail:.1f} s", tail <= 5),
    ]
    made.figures = {"cost": asdict(cost), "seen": seen, "dictated_seconds": dictated}
    made.show()
    made.write(asked.out)


if __name__ == "__main__":
    main()
