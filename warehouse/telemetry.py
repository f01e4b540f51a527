"""What is being done just now, for logs and traces; costs next to nothing while nobody listens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import Context, ContextVar, copy_context
from types import MappingProxyType
from typing import Protocol

About = Mapping[str, str]

_ABOUT: ContextVar[About] = ContextVar("about", default=MappingProxyType({}))


class Listener(Protocol):
    """Is told of every piece of work; what it is told of holds no value of anybody's record."""

    def span(self, name: str, about: About) -> AbstractContextManager[None]:
        """A piece of work for the time of the block."""

    def done(self, name: str, seconds: float, about: About) -> None:
        """A piece of work that is over just now, and took so long."""

    def count(self, name: str, number: int, about: About) -> None:
        """So many more of something."""


_LISTENERS: list[Listener] = []


def listen(listener: Listener) -> None:
    """Tell this one, too, from now on; of one kind there is one."""
    if not any(type(one) is type(listener) for one in _LISTENERS):
        _LISTENERS.append(listener)


def forget_listeners() -> None:
    """Tell nobody any more."""
    _LISTENERS.clear()


def about() -> About:
    """The run, step, stream, sync or gate at which this thread is at work."""
    return _ABOUT.get()


@contextmanager
def span(name: str, **more: str) -> Iterator[None]:
    """One piece of work, within the one around it; `more` says what it is about."""
    if not _LISTENERS:
        yield
        return
    told = {**_ABOUT.get(), **more}
    token = _ABOUT.set(told)
    try:
        with ExitStack() as stack:
            for one in _LISTENERS:
                stack.enter_context(one.span(name, told))
            yield
    finally:
        _ABOUT.reset(token)


def count(name: str, number: int, **more: str) -> None:
    """So many rows; nothing is told of none."""
    if number:
        for one in _LISTENERS:
            one.count(name, number, more)


def here() -> Context | None:
    """The work at hand, for what threads do of it later; None while nobody listens."""
    return copy_context() if _LISTENERS else None


def done(name: str, seconds: float, within: Context | None, **more: str) -> None:
    """A piece of work that is over; of a thread that is at nothing it belongs to `within`."""
    if not _LISTENERS:
        return
    if not _ABOUT.get() and within is not None:
        # Several threads cannot be in one context at a time.
        within.copy().run(_tell, name, seconds, more)
    else:
        _tell(name, seconds, more)


def _tell(name: str, seconds: float, more: About) -> None:
    for one in _LISTENERS:
        one.done(name, seconds, {**_ABOUT.get(), **more})
