"""A tool that nobody has heard of, as a WSGI application: what the HTTP destination is tried on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, unquote

Json = Any
TOKEN = "s3cr3t-longtail"


class Longtail:
    """Keeps records by reference, notes in a list, and events but for those that it has seen."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self.notes: list[dict[str, Any]] = []
        self.events: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str, dict[str, str], Json]] = []
        # Of the request that is being answered.
        self.query: dict[str, list[str]] = {}
        # An answer that is given in place of the tool's own, before or after it does its work.
        self.says: Callable[[str, str, Json], tuple[int, Any] | None] = lambda *_: None

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        sent = environ["wsgi.input"].read(length)
        body = json.loads(sent) if sent else None
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        headers = {name[5:]: str(one) for name, one in environ.items() if name.startswith("HTTP_")}
        self.asked.append((method, path, headers, body))
        query = self.query = parse_qs(environ.get("QUERY_STRING", ""))
        told = self.says(method, path, body)
        status, answer = (
            told if told is not None else self._done(method, path, query, body, headers)
        )
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        content = b"" if answer is None else content
        headers_told = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
        start(f"{status} said", headers_told)
        return [content]

    def _done(
        self,
        method: str,
        path: str,
        query: dict[str, list[str]],
        body: Json,
        headers: dict[str, str],
    ) -> tuple[int, Any]:
        if TOKEN not in f"{headers.get('AUTHORIZATION')} {headers.get('X_API_KEY')}":
            return 401, {"problem": "who are you?"}
        what = path.rsplit("/", maxsplit=1)[-1]
        if method == "GET":
            refs = query["refs"][0].split(",")
            found = [self.records[ref] for ref in refs if ref in self.records]
            return 200, {"data": found}
        if method == "DELETE":
            self.records.pop(unquote(what), None)
            return 204, None
        return 200, self._written(what, body)

    def _written(self, what: str, body: Json) -> Any:
        if what == "upsert":
            return {"data": {"results": [self._upserted(one) for one in body["data"]["items"]]}}
        if what == "search":
            refs = body["filter"]["refs"]
            return {"found": [one for one in self.notes if one["ref"] in refs]}
        if what == "notes":
            return [self._noted(one) for one in body]
        for one in body:
            self.events.setdefault(one["dedup"], one)
        return {"taken": True}

    def _upserted(self, item: dict[str, Any]) -> dict[str, Any]:
        ref = item["ref"]
        there = self.records.setdefault(ref, {"ref": ref, "attributes": {}})
        there["attributes"] |= item["attributes"]
        return {"ref": ref, "id": f"id {ref}", "status": "updated"}

    def _noted(self, note: dict[str, Any]) -> dict[str, Any]:
        self.notes.append({"id": f"note {len(self.notes)}", **note})
        return {"id": self.notes[-1]["id"]}
