"""`python -m tests.metrics.oracle DIR --out actual.csv`: every metric of the company in DIR."""

from __future__ import annotations

import argparse
import csv
import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path

from tests.metrics import oracle
from tests.metrics.oracle.company import Company, Record


def records(company: Company) -> Iterator[Record]:
    """Of every subject."""
    for module in sorted(found.name for found in pkgutil.iter_modules(oracle.__path__)):
        if module != "__main__":
            subject = importlib.import_module(f"{oracle.__name__}.{module}")
            yield from getattr(subject, "records", lambda _: ())(company)


def write(company: Company, out: Path) -> None:
    with out.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["metric", "dims", "value"])
        for record in records(company):
            dims = json.dumps(record.dims, sort_keys=True, ensure_ascii=False)
            rows.writerow([record.metric, dims, "" if record.value is None else record.value])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    write(Company(options.folder), options.out)


if __name__ == "__main__":
    main()
