"""One client per vendor account: retries, rate budget, redaction, and errors by action."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from typing import Any, Literal, Self, TypeVar

import httpx

from connectors.core.calls import CallLog
from connectors.core.pace import Allowance, Budget, Pacer
from connectors.core.pages import BadPage, Envelope
from connectors.core.wire import Wire
from warehouse.clock import Clock
from warehouse.errors import Misconfigured, Refused, RevopsError, Unauthorised, Unavailable
from warehouse.settings import HttpSettings

# To wait is to retry what the vendor says it has done nothing with.
Action = Literal["take", "retry", "wait", "authorise", "refuse"]
Classify = Callable[[httpx.Response], Action | None]
Answer = TypeVar("Answer")
ScopesLacking = Callable[[httpx.Response], list[str]]
# Reads out of an answer, at the vendor's own time, what its headers say about limits.
Allowances = Callable[[httpx.Response, datetime], list[Allowance]]

_SHOWN_BODY = 400
_UNPROCESSABLE = httpx.codes.UNPROCESSABLE_ENTITY
# "Slow down", by whatever status: nothing has been done.
_UNTAKEN = {httpx.codes.FORBIDDEN, httpx.codes.TOO_MANY_REQUESTS}


@dataclass(frozen=True)
class Account:
    """What is said to a person when a vendor does not let us in.

    `credentials` are the names of the settings, `scopes` the rights that they need in words,
    `lacking` reads out of a refusal which of them the vendor misses.
    """

    credentials: tuple[str, ...] = ()
    scopes: str = ""
    lacking: ScopesLacking | None = None


class _Transient(Exception):
    """Worth another try; `is_untaken` where the vendor says that it did nothing with this one."""

    def __init__(
        self, message: str, retry_after: float | None = None, *, is_untaken: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.is_untaken = is_untaken


class ToolClient:
    """Speaks to one vendor account.

    `classify` lets a vendor correct what a status means (Salesforce says 403 for "slow down").
    Every request may be repeated: a caller whose request is not idempotent says so.
    """

    def __init__(
        self,
        vendor: str,
        base_url: str,
        auth: httpx.Auth,
        *,
        budget: Budget,
        http: HttpSettings,
        clock: Clock,
        secrets: Iterable[str] = (),
        budgets: Mapping[str, Budget] | None = None,
        headers: Mapping[str, str] | None = None,
        allowances: Allowances | None = None,
        account: Account | None = None,
        classify: Classify | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.vendor = vendor
        self._wire = Wire(
            base_url,
            auth,
            timeout=http.timeout_seconds,
            headers={"User-Agent": "revops-pipeline", **(headers or {})},
            seen=self._note_credential,
            transport=transport,
        )
        self._auth = auth
        self._http = http
        self._secrets = {secret for secret in secrets if secret}
        account_id = _digest([base_url, *sorted(self._secrets)])
        self._pacer = Pacer(budget, http.budget_file(vendor, account_id))
        self._pacers = {
            glob: Pacer(own, http.budget_file(vendor, _digest([account_id, glob])))
            for glob, own in (budgets or {}).items()
        }
        self._allowances = allowances
        self._clock = clock
        self._account = account or Account()
        self._classify = classify
        self._dated = ""
        self.requests_sent = 0
        self.calls = CallLog()
        # What the vendor last said is left of a day's quota.
        self.day: Allowance | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._wire.close()
        for pacer in (self._pacer, *self._pacers.values()):
            pacer.close()

    @property
    def is_on_loopback(self) -> bool:
        """Whether this is a sandbox on this machine and not the vendor."""
        return self._wire.base_url.host in {"127.0.0.1", "localhost", "::1"}

    def own_time(self) -> datetime:
        """Our own clock: by it what was noted in one run is compared in a later one."""
        return self._clock.now()

    def source_time(self) -> datetime:
        """The vendor's own clock, from its last `Date` header: ours may run apart from it."""
        # A gateway's date may be anything; then ours has to do.
        with suppress(ValueError):
            return parsedate_to_datetime(self._dated).astimezone(UTC)
        return self._clock.now()

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Envelope:
        return self.request("GET", path, params=params)

    def get_as(
        self,
        path: str,
        take: Callable[[httpx.Response], Answer],
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """An answer that is no JSON object, as `take` reads it; its BadPage makes us ask again."""
        return self._insist(
            lambda: self._send("GET", path, params, None, take, headers=headers),
            what=f"GET {path}",
            attempts=self._http.max_attempts,
        )

    def post(self, path: str, json: object) -> Envelope:
        return self.request("POST", path, json=json)

    def post_as(self, path: str, json: object, take: Callable[[httpx.Response], Answer]) -> Answer:
        """Send what may happen twice, with an answer of another shape; raises as `request`."""
        return self._insist(
            lambda: self._send("POST", path, None, json, take),
            what=f"POST {path}",
            attempts=self._http.max_attempts,
        )

    def post_once(
        self, path: str, json: object, take: Callable[[httpx.Response], Answer]
    ) -> Answer:
        """Send what must not happen twice, and so again only when asked for patience.

        The answer as `take` reads it.

        Raises:
            Unavailable: it is not known whether the vendor took it. The rest as `request`.
        """
        return self._insist(
            lambda: self._send("POST", path, None, json, take),
            what=f"POST {path}",
            attempts=self._http.max_attempts,
            idempotent=False,
        )

    def send(
        self,
        method: str,
        path: str,
        take: Callable[[httpx.Response], Answer],
        *,
        params: Mapping[str, Any] | None = None,
        json: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        is_repeatable: bool = True,
    ) -> Answer:
        """Send by any method; what must not happen twice as `post_once` does; raises as both."""
        return self._insist(
            lambda: self._send(method, path, params, json, take, content=content, headers=headers),
            what=f"{method} {path}",
            attempts=self._http.max_attempts,
            idempotent=is_repeatable,
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: object = None,
        idempotent: bool = True,
    ) -> Envelope:
        """Send until the vendor takes it and its answer is whole.

        Raises:
            Unauthorised: the credential is not accepted.
            Misconfigured: the credential lacks a scope.
            Refused: the vendor said a permanent no.
            Unavailable: it did not answer, or asked for patience, on every attempt.
        """
        return self._insist(
            lambda: self._send(method, path, params, json, Envelope),
            what=f"{method} {path}",
            attempts=self._http.max_attempts if idempotent else 1,
        )

    def _insist(
        self, send: Callable[[], Answer], *, what: str, attempts: int, idempotent: bool = True
    ) -> Answer:
        attempt, is_in_doubt = 1, False
        while True:
            try:
                return send()
            except Refused as refusal:
                if not is_in_doubt:
                    raise
                # What is refused now may have been done before, when no answer came.
                raise Unavailable(f"{refusal}, after a request without an answer") from refusal
            except _Transient as error:
                is_in_doubt |= not (what.startswith("GET ") or error.is_untaken)
                if attempt == attempts or not (idempotent or error.is_untaken):
                    raise Unavailable(
                        f"{self.vendor} did not take {what} in {attempt} attempts: {error}",
                        advice="what was landed or sent stays;"
                        " run the command again later to go on",
                    ) from error
                time.sleep(self._pause(attempt, error))
            attempt += 1

    def redact(self, text: str) -> str:
        """The text without any secret of this account."""
        issued = self._auth.secrets() if hasattr(self._auth, "secrets") else []
        # The longest first: one secret may be a part of another.
        for secret in sorted({*self._secrets, *issued}, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        json: object,
        take: Callable[[httpx.Response], Answer],
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        for pacer in self._pacers_of(path):
            pacer.wait()
        self.requests_sent += 1
        began = time.monotonic()
        try:
            response = self._wire.send(
                method, path, params=params, json=json, content=content, headers=headers
            )
        except httpx.RequestError as error:
            self.calls.note(method, path, None, time.monotonic() - began)
            raise _Transient(self.redact(f"{type(error).__name__}: {error}")) from error
        except UnicodeEncodeError as error:
            said = "it holds half a character, which cannot be sent"
            raise Refused(said, status=_UNPROCESSABLE, body=said) from error
        self.calls.note(method, path, response.status_code, time.monotonic() - began)
        self._dated = response.headers.get("Date") or self._dated
        self._note_allowances(response)
        action = (self._classify and self._classify(response)) or default_action(response)
        if action in {"retry", "wait"}:
            raise self._transient(path, response, has_to_wait=action == "wait")
        if action != "take":
            raise self._error(action, method, path, response)
        try:
            return take(response)
        except BadPage as error:
            raise _Transient(self.redact(str(error))) from error

    def _error(
        self, action: Action, method: str, path: str, response: httpx.Response
    ) -> RevopsError:
        shown = self._shown(response)
        if action == "authorise" and response.status_code == httpx.codes.FORBIDDEN:
            lacking = self._account.lacking(response) if self._account.lacking else []
            needed = f"it lacks {', '.join(lacking)}" if lacking else self._account.scopes
            return Misconfigured(
                f"{self.vendor} does not allow {method} {path}: {shown}",
                advice=f"check the rights of {', '.join(self._account.credentials)}: {needed}",
            )
        if action == "authorise":
            return Unauthorised(
                f"{self.vendor} does not accept the credential: {shown}",
                advice=f"check {', '.join(self._account.credentials)}; {self._account.scopes}",
            )
        return Refused(
            f"{self.vendor} refused {method} {path}: {shown}",
            status=response.status_code,
            body=self.redact(response.text),
        )

    def _shown(self, response: httpx.Response) -> str:
        body = self.redact(" ".join(response.text.split()))
        cut = body if len(body) <= _SHOWN_BODY else body[:_SHOWN_BODY] + " ..."
        return f"{response.status_code} {cut}"

    def _pacers_of(self, path: str) -> list[Pacer]:
        own = [pacer for glob, pacer in self._pacers.items() if fnmatchcase(path, glob)]
        return [*own, self._pacer]

    def _transient(
        self, path: str, response: httpx.Response, *, has_to_wait: bool
    ) -> _Transient | Unavailable:
        """Patience, which everybody who shares the budget has to have."""
        asked = _retry_after(response, self.source_time())
        if asked is not None and asked > self._http.max_wait_seconds:
            return Unavailable(
                f"{self.vendor} asks to wait {asked:.0f} s: {self._shown(response)}",
                advice="what was landed or sent stays; run the command again after that time",
            )
        if asked is not None:
            self._pacers_of(path)[0].hold(asked)
        is_untaken = has_to_wait or response.status_code in _UNTAKEN
        return _Transient(self._shown(response), asked, is_untaken=is_untaken)

    def _note_allowances(self, response: httpx.Response) -> None:
        """Believe the vendor about its limits, and leave people their part of a day's quota.

        Raises:
            Unavailable: only the part that is kept for people is left of the day.
        """
        found = self._allowances(response, self.source_time()) if self._allowances else []
        for allowance in found:
            if allowance.per == "burst":
                own = self._pacers.get(allowance.budget) if allowance.budget else self._pacer
                if own is not None:
                    own.believe(allowance)
                continue
            self.day = allowance
            if allowance.remaining < allowance.limit * self._http.reserve:
                raise Unavailable(
                    f"{self.vendor} has {allowance.remaining} of {allowance.limit} requests left"
                    " for today, and those are kept for people",
                    advice="it goes on by itself when the day's quota is whole again;"
                    " REVOPS_HTTP__RESERVE says how large their part is",
                )

    def _note_credential(self, request: httpx.Request) -> None:
        # A basic credential is sent in a form that is nowhere in the settings.
        credential = request.headers.get("Authorization", "").partition(" ")[2]
        self._secrets |= {credential} - {""}

    def _pause(self, attempt: int, error: _Transient) -> float:
        """Exponential backoff with jitter, no less than the vendor asked for, within our limit."""
        backoff = self._http.backoff_seconds * 2 ** (attempt - 1)
        pause = random.uniform(backoff / 2, backoff)  # noqa: S311 - spreads load, guards nothing
        return min(max(pause, error.retry_after or 0), self._http.max_wait_seconds)


def default_action(response: httpx.Response) -> Action:
    """What a status means where the vendor has no rule of its own."""
    status = response.status_code
    if response.is_success:
        return "take"
    if status in {408, 429} or status >= 500:
        return "retry"
    return "authorise" if status in {401, 403} else "refuse"


def _retry_after(response: httpx.Response, now: datetime) -> float | None:
    """The pause that the vendor asks for, in seconds; it may name an instant instead."""
    text = response.headers.get("Retry-After", "")
    with suppress(ValueError):
        return float(text)
    with suppress(ValueError):
        until = parsedate_to_datetime(text).astimezone(UTC)
        return float(max(0.0, (until - now).total_seconds()))
    return None


def _digest(parts: Iterable[str]) -> str:
    """A name for an account that tells nothing about its credentials."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
