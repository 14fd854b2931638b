"""Work outside the transaction (mail, HTTP, a long computation): recorded in it, done by a worker, finished in another.

    class SendMail(Task):
        name = "send mail"
        notice: UUID

    tasks = Tasks()

    @tasks.performs(SendMail)                   # no transaction, repeatable, idempotent
    async def send(task: SendMail) -> Sent: ...

    @tasks.finishes(SendMail)                   # one transaction: effects and announcements
    async def delivered(done: Done[SendMail, Sent], work: Work) -> None: ...

Who needs to look something up first (``performs_reading``) gets a function that opens a read-only transaction; it is
left before anything slow begins.

A handler records one with ``work.assign(SendMail(notice=...), cause=heard)``. Performing may happen more than once
(a crash between performing and finishing); a raised exception means: try again later, with growing pauses. What
failed for good is a result, not an exception.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict

from b40_chassis.hears import Connection

if TYPE_CHECKING:
    from b40_chassis.work import Work


class Task(BaseModel):
    """A piece of work to be done outside. ``name`` is stored; renaming it orphans what is recorded."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    name: ClassVar[str]


Reading: TypeAlias = Callable[[], AbstractAsyncContextManager[Connection]]
"""Opens a connection in a read-only transaction."""

T = TypeVar("T", bound=Task)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Done(Generic[T, R]):
    """A task that was performed, with its result; the cause of what its finishing announces.

    ``time`` is the business time of what had caused the task; ``now`` the business time it was assigned at.
    """

    task: T
    result: R
    source: str
    id: str
    time: datetime
    now: datetime
    correlation: str | None = None
    traceparent: str | None = None


@dataclass(slots=True)
class TaskKind:
    """A kind of task: its model, who performs it, who finishes it."""

    model: type[Task]
    perform: Callable[[Any, Reading], Awaitable[Any]] | None = None
    finish: Callable[[Any, "Work"], Awaitable[None]] | None = None


@dataclass(slots=True)
class Tasks:
    """The tasks of one app. ``concurrency`` is how many are performed at once."""

    concurrency: int = 8
    kinds: dict[str, TaskKind] = field(default_factory=dict)

    def performs(self, model: type[T]) -> Callable[[Callable[[T], Awaitable[R]]], Callable[[T], Awaitable[R]]]:
        """Register who performs a task, outside any transaction."""

        def register(call: Callable[[T], Awaitable[R]]) -> Callable[[T], Awaitable[R]]:
            self._kind(model).perform = lambda task, _: call(task)
            return call

        return register

    def performs_reading(
        self, model: type[T]
    ) -> Callable[[Callable[[T, Reading], Awaitable[R]]], Callable[[T, Reading], Awaitable[R]]]:
        """Register who performs a task, outside any transaction, and may open one to read."""

        def register(call: Callable[[T, Reading], Awaitable[R]]) -> Callable[[T, Reading], Awaitable[R]]:
            self._kind(model).perform = call
            return call

        return register

    def finishes(
        self, model: type[T]
    ) -> Callable[[Callable[[Done[T, R], "Work"], Awaitable[None]]], Callable[[Done[T, R], "Work"], Awaitable[None]]]:
        """Register who writes the result, in a transaction of its own."""

        def register(
            call: Callable[[Done[T, R], "Work"], Awaitable[None]],
        ) -> Callable[[Done[T, R], "Work"], Awaitable[None]]:
            self._kind(model).finish = call
            return call

        return register

    def _kind(self, model: type[Task]) -> TaskKind:
        return self.kinds.setdefault(model.name, TaskKind(model))
