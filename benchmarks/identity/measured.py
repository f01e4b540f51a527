"""Answers one question in a process of its own, so that its cost is its own."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from benchmarks.identity.asked import QUESTIONS
from benchmarks.identity.questions import Places


def main() -> None:
    name, given, made = sys.argv[1:]
    question = next(one for one in QUESTIONS if one.name == name)
    began = time.perf_counter()
    values = question.answer(Places(Path(given), Path(made)))
    wall = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    cost = {
        "wall_s": round(wall, 2),
        "cpu_s": round(used.ru_utime + used.ru_stime, 2),
        "peak_mb": round(used.ru_maxrss / 1024),
    }
    print(json.dumps({"values": values, "cost": cost}))


if __name__ == "__main__":
    main()
