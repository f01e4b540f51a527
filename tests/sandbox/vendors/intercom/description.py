"""Intercom's official description, as far as it agrees with itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_core import Config, OpenAPI
from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest, WerkzeugOpenAPIResponse
from werkzeug.datastructures import Headers
from werkzeug.test import Client, EnvironBuilder
from werkzeug.wrappers import Request

from warehouse.settings import PROJECT_ROOT

PATH = PROJECT_ROOT.parent / "shared" / "specs" / "intercom" / "intercom-2.15-trimmed.json"


def description() -> OpenAPI:
    """The description, mended; the test is skipped where it is absent."""
    if not PATH.is_file():
        pytest.skip(f"the official description is not here: {PATH.name}")
    document = json.loads(Path(PATH).read_text(encoding="utf-8"))
    mend(document)
    document["servers"] = [{"url": "http://localhost"}]
    return OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))


def mend(document: dict[str, Any]) -> None:
    """Where the text contradicts its own examples and parameters, the wider reading holds."""
    schemas = document["components"]["schemas"]
    # A contact's lists name their addresses as paths, in every example.
    for schema in schemas.values():
        address = schema.get("properties", {}).get("url", {})
        if address.get("format") == "uri" and str(address.get("example", "")).startswith("/"):
            address["format"] = "uri-reference"
    # `nullable` beside a `$ref` counts for nothing in OpenAPI 3.0; what is referred to has it.
    for schema in list(schemas.values()):
        for member in schema.get("properties", {}).values():
            if "$ref" in member and member.get("nullable"):
                meant = schemas[member["$ref"].rpartition("/")[2]]
                meant["nullable"] = True
                for group in ("oneOf", "anyOf"):
                    if group in meant:
                        meant[group].append({"type": "object", "nullable": True, "enum": [None]})
    # `title` is a text, and null in every example of a conversation.
    for name in ("conversation", "conversation_list_item"):
        schemas[name]["properties"]["title"]["nullable"] = True
    # `model=conversation` may be asked for; the answer's `model` knows contact and company only.
    schemas["data_attribute"]["properties"]["model"]["enum"].append("conversation")
    # A company's attributes are texts; its example holds a boolean, a float and an integer.
    schemas["company"]["properties"]["custom_attributes"]["additionalProperties"] = True
    _mend_requests(schemas)
    # A lead may be made with `role` alone: then it has no address, though `email` is a text.
    for name in ("email", "email_domain"):
        schemas["contact"]["properties"][name]["nullable"] = True


def _mend_requests(schemas: dict[str, Any]) -> None:
    """A company's attributes and an event's details are texts, beside examples with numbers."""
    for name in ("update_company_request", "create_or_update_company_request"):
        schemas[name]["properties"]["custom_attributes"]["additionalProperties"] = True
    schemas["create_data_event_request"]["properties"]["metadata"]["additionalProperties"] = True
    # What is null is emptied.
    schemas["update_company_request"]["properties"]["plan"]["nullable"] = True


class Witness:
    """A WSGI application around the sandbox that holds every call and answer to the description."""

    def __init__(self, app: Any, openapi: OpenAPI) -> None:
        self._app, self._openapi = app, openapi
        self.seen: list[str] = []
        self.found: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        if not path.startswith("/intercom/"):
            return self._app(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        query, method = environ.get("QUERY_STRING", ""), environ["REQUEST_METHOD"]
        headers = {
            name[5:].replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_") and name != "HTTP_HOST"
        }
        if body:
            headers["Content-Type"] = environ.get("CONTENT_TYPE", "")
        answer = Client(self._app).open(
            path, method=method, query_string=query, data=body, headers=headers
        )
        official = EnvironBuilder(
            path=path.removeprefix("/intercom"),
            base_url="http://localhost",
            method=method,
            query_string=query,
            data=body,
            headers=Headers(headers),
        )
        self._judge(Request(official.get_environ()), answer)
        return answer(environ, start_response)

    def _judge(self, request: Request, answer: Any) -> None:
        call = f"{request.method} {request.path} {answer.status_code}"
        self.seen.append(call)
        asked = WerkzeugOpenAPIRequest(request)
        checks: tuple[Any, ...] = (
            lambda: self._openapi.validate_request(asked),
            lambda: self._openapi.validate_response(asked, WerkzeugOpenAPIResponse(answer)),
        )
        for check in checks:
            try:
                check()
            except Exception as error:  # noqa: BLE001 - whatever is wrong is what we look for
                causes = getattr(error.__cause__, "schema_errors", [])
                said = [f"{list(one.absolute_path)}: {one.message[:200]}" for one in causes]
                self.found.append(f"{call}: {error!r} {error.__cause__!r:.200} {said}")
