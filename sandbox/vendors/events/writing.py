"""Writes calls as a collector does: NDJSON by day for the newest days, Parquet by month before."""

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from sandbox.vendors.events.drawing import ALIAS, DAY, GROUP, IDENTIFY, Calls
from sandbox.vendors.events.templates import AGENTS, CAMPAIGNS, DEEDS, REFERRERS, SITE
from sandbox.vendors.events.visitors import Visitor

NEWEST_DAYS = 14
PART_ROWS = 250_000

Text = Any
"""An arrow array of strings."""

pc: Any = pyarrow.compute


class Pieces:
    """The parts of calls that recur, ready to be taken by number."""

    def __init__(self, visitors: list[Visitor]) -> None:
        self.anonymous = pa.array([one.anonymous for one in visitors])
        self.user = pa.array([one.user for one in visitors])
        self.traits = pa.array([one.traits for one in visitors])
        self.group = pa.array([one.group for one in visitors])
        self.group_traits = pa.array([one.group_traits for one in visitors])
        self.locale = pa.array(["ja-JP" if one.is_japanese else "en-US" for one in visitors])
        self.type = pa.array([*(deed.type for deed in DEEDS), "identify", "group", "alias"])
        self.event = pa.array(
            [deed.name if deed.type == "track" else "" for deed in DEEDS] + [""] * 3
        )
        self.name = pa.array(
            [deed.name if deed.type != "track" else "" for deed in DEEDS] + [""] * 3
        )
        self.properties = pa.array([*(deed.properties for deed in DEEDS), "", "", ""])
        self.page = pa.array([_page(deed.path) for deed in DEEDS] + [_page("/login")] * 3)
        self.agent = pa.array([f'"userAgent":"{agent}"' for agent in AGENTS])
        referrers = [f'"{url}"' if url else "null" for url in REFERRERS]
        self.referrer = pa.array([f'"referrer":{referrer}' for referrer in referrers])
        self.campaign = pa.array([*CAMPAIGNS, ""])


def _page(path: str) -> str:
    return f'"page":{{"path":"{path}","url":"{SITE}{path}",'


@dataclass
class Columns:
    """The calls of one file as strings; empty where the call does not carry the field."""

    message: Text
    type: Text
    anonymous: Text
    user: Text
    event: Text
    name: Text
    properties: Text
    group: Text
    previous: Text
    traits: Text
    context: Text
    device: Text
    sent: Text
    received: Text
    given: Text


def columns_of(calls: Calls, pieces: Pieces) -> Columns:
    """The calls with their fields spelled out."""

    def by(column: Any, of: Text) -> Text:
        return of.take(pa.array(column))

    def only(where: Any, text: Text) -> Text:
        return pc.if_else(pa.array(where), text, "")

    deed, visitor = calls.deed, calls.visitor
    traits = only(deed == GROUP, by(visitor, pieces.group_traits))
    context = pc.binary_join_element_wise(
        "{",
        by(calls.campaign, pieces.campaign),
        by(deed, pieces.page),
        by(calls.referrer, pieces.referrer),
        '},"locale":"',
        by(visitor, pieces.locale),
        '",',
        by(calls.agent, pieces.agent),
        "}",
        "",
    )
    device = _instants(calls.device)
    return Columns(
        pa.array(calls.message.astype("U32")),
        by(deed, pieces.type),
        by(visitor, pieces.anonymous),
        only(calls.knows_user, by(visitor, pieces.user)),
        by(deed, pieces.event),
        by(deed, pieces.name),
        by(deed, pieces.properties),
        only(deed == GROUP, by(visitor, pieces.group)),
        only(deed == ALIAS, by(visitor, pieces.anonymous)),
        pc.if_else(pa.array(deed == IDENTIFY), by(visitor, pieces.traits), traits),
        context,
        only(calls.has != 2, device),
        only(calls.has == 0, _instants(calls.sent)),
        _instants(calls.received),
        only(calls.has == 2, device),
    )


def _instants(milliseconds: Any) -> Text:
    text = pa.array(milliseconds).cast(pa.timestamp("ms")).cast(pa.string())
    return pc.binary_join_element_wise(pc.utf8_replace_slice(text, 10, 11, "T"), "Z", "")


def lines(columns: Columns) -> bytes:
    """The calls as NDJSON."""

    def member(name: str, text: Text, quote: str = '"') -> Text:
        whole = pc.binary_join_element_wise(f'"{name}":{quote}', text, f"{quote},", "")
        return pc.if_else(pc.equal(text, ""), "", whole)

    joined = pc.binary_join_element_wise(
        '{"messageId":"',
        columns.message,
        '","type":"',
        columns.type,
        '","anonymousId":"',
        columns.anonymous,
        '",',
        member("userId", columns.user),
        member("event", columns.event),
        member("name", columns.name),
        member("properties", columns.properties, ""),
        member("groupId", columns.group),
        member("previousId", columns.previous),
        member("traits", columns.traits, ""),
        member("originalTimestamp", columns.device),
        member("sentAt", columns.sent),
        member("timestamp", columns.given),
        '"context":',
        columns.context,
        ',"receivedAt":"',
        columns.received,
        '"}\n',
        "",
    )
    # The strings lie one behind the other in one buffer: that is the file.
    _, offsets, data = joined.buffers()
    ends = np.frombuffer(offsets, dtype="i4")
    return bytes(memoryview(data)[ends[joined.offset] : ends[joined.offset + len(joined)]])


def table(columns: Columns) -> pa.Table:
    """The calls as a table: what is nested as JSON text, instants as instants."""

    def filled(text: Text) -> Text:
        return pc.if_else(pc.equal(text, ""), None, text)

    def instants(text: Text) -> Text:
        naive = pc.utf8_slice_codeunits(filled(text), 0, 23).cast(pa.timestamp("ms"))
        return pc.assume_timezone(naive, "UTC")

    return pa.table(
        {
            "messageId": columns.message,
            "type": columns.type,
            "anonymousId": columns.anonymous,
            "userId": filled(columns.user),
            "event": filled(columns.event),
            "name": filled(columns.name),
            "properties": filled(columns.properties),
            "groupId": filled(columns.group),
            "previousId": filled(columns.previous),
            "traits": filled(columns.traits),
            "context": columns.context,
            "originalTimestamp": instants(columns.device),
            "sentAt": instants(columns.sent),
            "timestamp": instants(columns.given),
            "receivedAt": instants(columns.received),
        }
    )


def write_calls(folder: Path, calls: Calls, pieces: Pieces, until: int) -> None:
    """Write the calls below `folder`, one file per month or day and part."""
    day = calls.received // DAY
    newest = day > until // DAY - NEWEST_DAYS
    month = calls.received.astype("datetime64[ms]").astype("datetime64[M]").astype("i8")
    group = np.where(newest, day, month - 1_000_000)
    for start, end in _runs(group):
        for part, begin in enumerate(range(start, end, PART_ROWS)):
            rows = np.arange(begin, min(begin + PART_ROWS, end))
            path = folder / _name(calls.received[start], part, is_new=bool(newest[start]))
            write_part(path, columns_of(calls.take(rows), pieces))


def write_part(path: Path, columns: Columns) -> None:
    """Write one file in the form that its ending names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pq.write_table(table(columns), path, compression="zstd")
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(lines(columns), 1, mtime=0))
    else:
        path.write_bytes(lines(columns))


def _runs(group: Any) -> list[tuple[int, int]]:
    """Where the value changes: (start, end) of each run."""
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]]).tolist()
    return list(zip(starts, [*starts[1:], len(group)], strict=True))


def _name(received: int, part: int, *, is_new: bool) -> str:
    at = str(np.datetime64(int(received), "ms"))
    if not is_new:
        return f"{at[:4]}/{at[5:7]}/calls-{part:04}.parquet"
    zipped = ".gz" if int(at[8:10]) % 2 else ""
    return f"{at[:4]}/{at[5:7]}/{at[8:10]}/calls-{part:04}.ndjson{zipped}"
