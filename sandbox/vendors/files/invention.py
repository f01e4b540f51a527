"""Invents what a Japanese RevOps team drops: Shift_JIS spreadsheets, Parquet, JSON, slips."""

import csv
import io
import json
import os
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.generation.customer import Customer, KnownPerson
from sandbox.generation.invention import Invention
from sandbox.generation.output import RecordFiles
from sandbox.generation.scene import OUR_DOMAIN
from sandbox.instants import parse_instant

_RATES = {"JPY": Decimal("0.0067"), "EUR": Decimal("1.08"), "GBP": Decimal("1.27")}
# The CRM tells those of the other currencies where no tool contradicts another.
_PLAIN_SPOT = ("GBP", "BHD")
_COSTS = (
    ("marketing", "tools", "MA", 320_000),
    ("marketing", "people", "", 4_800_000),
    ("sales", "people", "", 9_600_000),
    ("sales", "tools", "CRM", 540_000),
    ("customer_success", "people", "", 3_900_000),
    ("marketing", "program", "webinar", 250_000),
)
_CHANNELS = ("paid_search", "webinar", "trade_show", "organic_search")
_COMMENTS = ("とても助かっています", "Fine, but exports are slow", "", "サポートの返事が早い", "")
_MOST_ANSWERS, _MOST_TARGETS = 4_000, 2_000


Cells = tuple[str, ...]
Table = tuple[Cells, list[Cells]]


class FilesInvention(Invention):
    """The files below `files/`, with one bad row, and the correction of the next day."""

    vendor = "files"

    def credentials(self) -> dict[str, Any]:
        return {"folder": "{data}/files"}

    def begin(self) -> None:
        self._answers: list[dict[str, Any]] = []
        self._targets: list[Cells] = []

    def enter(self, customer: Customer) -> None:
        company = customer.presence.company
        if self.rng.random() < 0.15 and len(self._targets) < _MOST_TARGETS:
            owner = f"staff{self.rng.randint(1, 8)}@{OUR_DOMAIN}"
            name = company.core if company.japanese else company.latin
            self._targets.append((company.domain, name, self.rng.choice("ABC"), owner))
        for known in customer.people:
            if self.rng.random() < 0.12 and len(self._answers) < _MOST_ANSWERS:
                self._ask(customer, known)

    def _ask(self, customer: Customer, known: KnownPerson) -> None:
        """Somebody answers; where one story is told, some change their mind later."""
        if self.rng.plain and not known.is_known:
            return
        times = 2 if self.rng.plain and self.rng.random() < 0.3 else 1
        for _ in range(times):
            answer = self._answer(known.person.email)
            self._answers.append(answer)
            self.scene.ledger.add(
                "nps_response",
                "files",
                answer["response_id"],
                response_id=answer["response_id"],
                person_id=known.person.key,
                account_id=customer.presence.company.key,
                score=answer["score"],
                responded_at=parse_instant(answer["responded_at"]),
            )

    def _answer(self, email: str) -> dict[str, Any]:
        at = self.moment(self.scene.as_of - timedelta(days=300))
        return {
            "response_id": f"NPS-{len(self._answers) + 1:05}",
            "email": email,
            "score": self.rng.choice((0, 3, 6, 7, 8, 8, 9, 9, 10, 10)),
            "responded_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "comment": self.rng.choice(_COMMENTS) or None,
        }

    def end(self) -> None:
        folder = self.scene.files.directory / "files"
        today = self.scene.as_of.date()
        self._quota_rows = self._quotas(today)
        bad = (f"staff3@{OUR_DOMAIN}", f"{today.year}-Q5", "JPY", "未定")
        heading = ("担当者", "期間", "通貨", "金額")
        self._drop(
            folder / f"quotas_{today.year}.csv", _csv(heading, [*self._quota_rows, bad]), "cp932"
        )
        answers = json.dumps(self._answers, ensure_ascii=False, indent=1)
        self._drop(folder / f"nps_responses-{today.year}.json", answers)
        heading = ("ドメイン", "企業名", "ランク", "担当者")
        self._drop(folder / "targets.csv", _csv(heading, self._targets), "utf-8-sig")
        self._drop(folder / "plans.csv", _csv(*self._plan(today)), "cp932")
        self._drop(folder / f"spend/{today.year}.csv", _csv(*self._spend(today)))
        self._drop(folder / "forecasts/weekly.csv", _csv(*self._forecasts(today)))
        self._rates(folder / "fx_rates.parquet", today)

    def _quotas(self, today: date) -> list[Cells]:
        rows: list[Cells] = []
        for number in range(2, 9):
            for quarter in range(1, 5):
                amount = self.rng.randint(8, 40) * 1_000_000
                if self.rng.plain and (number, quarter) == (8, 4):
                    amount = 0
                period = f"{today.year}-Q{quarter}"
                rows.append((f"staff{number}@{OUR_DOMAIN}", period, "JPY", f"{amount:,}"))
                key = f"staff-{number:06d}"
                facts = {"owner_id": key, "period": period, "currency": "JPY", "amount": amount}
                self.scene.ledger.add("quota", "files", f"{key}/{period}", **facts)
        return rows

    def _plan(self, today: date) -> Table:
        rows: list[Cells] = [
            (f"{today.year}-{month:02}", measure, channel, str(self.rng.randint(5, 60)), "")
            for month in range(1, 13)
            for channel in _CHANNELS
            for measure in ("mql", "sql")
        ]
        return ("年月", "指標", "チャネル", "値", "通貨"), rows

    def _spend(self, today: date) -> Table:
        rows: list[Cells] = []
        for month in range(1, today.month + 1):
            for department, kind, channel, amount in _COSTS:
                spent = round(amount * self.rng.uniform(0.9, 1.1))
                key, day = f"SP-{len(rows) + 1:05}", f"{today.year}/{month}/1"
                rows.append((key, day, department, kind, channel, "", "JPY", f"{spent:,}"))
                self._write_down(rows[-1], date(today.year, month, 1), spent)
        if self.rng.plain:
            back = (f"SP-{len(rows) + 1:05}", f"{today.year}/2/3", "marketing", "tools", "MA", "")
            rows.append((*back, "JPY", "-45,000"))
            self._write_down(rows[-1], date(today.year, 2, 3), -45_000)
        heading = ("spend_id", "spend_date", "department", "cost_type", "channel")
        return (*heading, "campaign_id", "currency", "amount"), rows

    def _write_down(self, row: Cells, day: date, spent: int) -> None:
        """A cost as the files tell it."""
        self.scene.ledger.add(
            "spend",
            "files",
            row[0],
            spend_id=row[0],
            spend_date=day,
            department=row[2],
            cost_type=row[3],
            channel=row[4].lower() or None,
            currency=row[6],
            amount=spent,
        )

    def _forecasts(self, today: date) -> Table:
        quarter = f"{today.year}-Q{(today.month + 2) // 3}"
        rows: list[Cells] = [
            (str(today - timedelta(days=7 * week)), quarter, f"staff{number}@{OUR_DOMAIN}", "JPY",
             str(self.rng.randint(5, 45) * 500_000))
            for week in range(8, -1, -1)
            for number in range(2, 9)
        ]  # fmt: skip
        heading = ("snapshot_date", "period", "owner_id", "currency", "amount")
        for row in rows:
            number = int(row[2].partition("@")[0].removeprefix("staff"))
            facts = dict(zip(heading, row, strict=True)) | {"owner_id": f"staff-{number:06d}"}
            self.scene.ledger.add("forecast_snapshot", "files", "/".join(row[:3]), **facts)
        return heading, rows

    def _rates(self, path: Path, today: date) -> None:
        """Month-end rates of a year, and the plan's."""
        rates = _RATES | {"BHD": Decimal("2.65")} if self.rng.plain else _RATES
        spot = {n: r for n, r in rates.items() if not self.rng.plain or n in _PLAIN_SPOT}
        rows = [("plan", name, date(today.year, 1, 1), rate) for name, rate in rates.items()]
        for month in range(12, 0, -1):
            day = today.replace(day=1) - timedelta(days=30 * month)
            for name, rate in spot.items():
                moved = (rate * Decimal(self.rng.randint(9_500, 10_500)) / 10_000).quantize(
                    Decimal("0.00000001")
                )
                rows.append(("spot", name, day, moved))
        for kind, name, day, rate in rows:
            self.scene.ledger.add(
                "fx_rate",
                "files",
                f"{kind}/{name}/{day}",
                rate_type=kind,
                from_currency=name,
                to_currency="USD",
                rate_date=day,
                rate=rate,
            )
        kinds, names, days, values = (list(column) for column in zip(*rows, strict=True))
        columns = {
            "rate_type": kinds,
            "from_currency": names,
            "to_currency": ["USD"] * len(rows),
            "rate_date": days,
            "rate": pa.array(values, pa.decimal128(18, 8)),
        }
        pq.write_table(pa.table(columns), path)
        self._date(path, 0)

    def next_day(self, files: RecordFiles, directory: Path) -> list[dict[str, Any]]:  # noqa: ARG002
        """The bad row is gone, a quota is corrected, those of a seller who left are withdrawn."""
        today = self.scene.as_of.date()
        kept = [row for row in self._quota_rows if not row[0].startswith("staff8@")]
        rows = [(*kept[0][:3], "12,345,000"), *kept[1:]]
        heading = ("担当者", "期間", "通貨", "金額")
        path = directory / "files" / f"quotas_{today.year}.csv"
        self._drop(path, _csv(heading, rows), "cp932", day=1)
        return []

    def _drop(self, path: Path, text: str, encoding: str = "utf-8", day: int = 0) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode(encoding))
        self._date(path, day)

    def _date(self, path: Path, day: int) -> None:
        stamp = (self.scene.as_of + timedelta(days=day, minutes=-30)).timestamp()
        os.utime(path, (stamp, stamp))


def _csv(heading: Cells, rows: list[Cells]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(heading)
    writer.writerows(rows)
    return text.getvalue()


INVENTION = FilesInvention
