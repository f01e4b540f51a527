"""Errors are classes of action: each says who has to do what next.

RevopsError                 the base; `exit_code` is what the command ends with
├── Misconfigured     (2)   a setting, a scope, a document: a person changes it
│   └── Unauthorised  (2)   a tool does not accept the credential at all: no use asking it more
├── Held              (3)   a gate or a guard said no: a person looks at the data
├── Unavailable       (5)   a tool or the warehouse does not answer: try again later
│   └── Busy          (5)   another process holds the warehouse: wait for it
└── Refused                 a tool said no to one request, and will say no again
"""

from __future__ import annotations


class RevopsError(Exception):
    """Something that stops a step; the message names the cause and `advice` the next step."""

    exit_code = 1

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message}\n  -> {self.advice}" if self.advice else self.message


class Misconfigured(RevopsError):
    exit_code = 2


class Unauthorised(Misconfigured):
    pass


class Held(RevopsError):
    exit_code = 3


class Unavailable(RevopsError):
    exit_code = 5


class Busy(Unavailable):
    pass


class Refused(RevopsError):
    """A tool's permanent no; `status` is the HTTP status and `body` the tool's own text."""

    exit_code = 5

    def __init__(self, message: str, *, status: int, body: str, advice: str | None = None) -> None:
        super().__init__(message, advice=advice)
        self.status = status
        self.body = body


def is_interrupt(error: BaseException) -> bool:
    """Whether Ctrl-C was pressed: out of a statement that runs DuckDB raises a RuntimeError."""
    return isinstance(error, KeyboardInterrupt) or isinstance(error.__cause__, KeyboardInterrupt)
