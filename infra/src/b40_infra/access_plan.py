"""Access as it is at a Kafka, against access as the catalogue grants it: what differs, and how it is put right.

What is granted beyond the catalogue is taken away, names that are nobody's lose their password. Where several
environments share a Kafka (``prefix``) only what has the prefix is compared, and no name is removed.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from b40_infra.access import SETUP, Grant, Operation, Resource
from b40_infra.errors import Trouble
from b40_infra.kafka_client import ANSWER_SECONDS_MAX, said, settled

ITERATIONS = 8_192
"""Of SCRAM (RFC 7677 asks for 4,096 at least); the passwords are 32 random bytes."""
CLUSTER_NAME = "kafka-cluster"
TYPES = {Resource.TOPIC: ResourceType.TOPIC, Resource.GROUP: ResourceType.GROUP, Resource.CLUSTER: ResourceType.BROKER}
RESOURCES = {type_: resource for resource, type_ in TYPES.items()}


@dataclass(frozen=True, slots=True)
class Give:
    """What the catalogue grants and this Kafka does not."""

    grant: Grant

    def __str__(self) -> str:
        return f"grant: {self.grant}"


@dataclass(frozen=True, slots=True)
class Take:
    """What this Kafka grants and the catalogue does not, as it stands there."""

    binding: Any  # an AclBinding, whose parts its library types as loosely as what one may call it with

    def __str__(self) -> str:
        at, what = self.binding, self.binding.name
        permits = "may" if at.permission_type is AclPermissionType.ALLOW else "may not"
        beginning = " and what begins so" if at.resource_pattern_type is ResourcePatternType.PREFIXED else ""
        action, kind = at.operation.name.lower(), at.restype.name.lower()
        return f"take away: {at.principal.removeprefix('User:')} {permits} {action} {kind} {what}{beginning}"


@dataclass(frozen=True, slots=True)
class Enter:
    """A name that has no password at this Kafka."""

    user: str

    def __str__(self) -> str:
        return f"enter: {self.user}"


@dataclass(frozen=True, slots=True)
class Remove:
    """A name that has a password at this Kafka and is nobody's."""

    user: str

    def __str__(self) -> str:
        return f"remove: {self.user}"


Change = Give | Take | Enter | Remove


def plan(admin: AdminClient, wanted: Collection[Grant], prefix: str = "") -> list[Change]:
    """What differs. Raises Trouble if Kafka does not answer, or does not let this be seen."""
    there = _ask(lambda: admin.describe_acls(_anything()))
    known = {each: _grant(each) for each in there}
    users = {grant.principal for grant in wanted}
    entered = set(_ask(admin.describe_user_scram_credentials))
    changes: list[Change] = [Enter(user) for user in sorted(users - entered)]
    changes += [Give(grant) for grant in sorted(set(wanted) - set(known.values()))]
    changes += [Take(each) for each, grant in known.items() if grant not in wanted and each.name.startswith(prefix)]
    if not prefix:
        changes += [Remove(user) for user in sorted(entered - users)]
    return changes


def ensure(
    admin: AdminClient, wanted: Collection[Grant], password: Callable[[str], str], prefix: str = ""
) -> list[Change]:
    """Plan, put right, and return what differed once the broker shows that nothing does any more. Raises Trouble.

    ``password`` gives that of a name.
    """
    changes = plan(admin, wanted, prefix)
    _apply(admin, changes, password)
    deadline = time.monotonic() + ANSWER_SECONDS_MAX
    while left := plan(admin, wanted, prefix):
        if time.monotonic() > deadline:
            raise Trouble(f"Kafka does not show what was changed, as: {left[0]}")
        time.sleep(0.05)
    return changes


def enter(admin: AdminClient, users: Collection[str], password: Callable[[str], str]) -> None:
    """Enter names, or new passwords of them: who is connected stays so, who comes anew needs the new one."""
    settled("the name", admin.alter_user_scram_credentials([_entered(user, password(user)) for user in users]))


def _apply(admin: AdminClient, changes: Sequence[Change], password: Callable[[str], str]) -> None:
    alterations: list[Any] = [_entered(each.user, password(each.user)) for each in changes if isinstance(each, Enter)]
    alterations += [
        UserScramCredentialDeletion(each.user, ScramMechanism.SCRAM_SHA_512)
        for each in changes
        if isinstance(each, Remove)
    ]
    if alterations:
        settled("the name", admin.alter_user_scram_credentials(alterations))
    given = [binding(each.grant) for each in changes if isinstance(each, Give)]
    if given:
        settled("to grant", _by_text(admin.create_acls(given, request_timeout=ANSWER_SECONDS_MAX)))
    taken = [_filter(each.binding) for each in changes if isinstance(each, Take)]
    if taken:
        settled("to take away", _by_text(admin.delete_acls(taken, request_timeout=ANSWER_SECONDS_MAX)))


def _entered(user: str, password: str) -> UserScramCredentialUpsertion:
    return UserScramCredentialUpsertion(
        user, ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS), password.encode()
    )


def binding(grant: Grant) -> AclBinding:
    """A grant as Kafka keeps it."""
    return AclBinding(
        TYPES[grant.resource],
        CLUSTER_NAME if grant.resource is Resource.CLUSTER else grant.name,
        ResourcePatternType.LITERAL,
        f"User:{grant.principal}",
        "*",
        AclOperation[grant.operation.name],
        AclPermissionType.ALLOW,
    )


def _grant(binding: Any) -> Grant | None:
    """The grant that a binding is, or None if it is of a kind that is never granted here."""
    plain = (ResourcePatternType.LITERAL, "*", AclPermissionType.ALLOW)
    if (binding.resource_pattern_type, binding.host, binding.permission_type) != plain:
        return None
    if binding.restype not in RESOURCES or binding.operation.name not in Operation.__members__:
        return None
    resource = RESOURCES[binding.restype]
    name = "" if resource is Resource.CLUSTER else binding.name
    return Grant(binding.principal.removeprefix("User:"), Operation[binding.operation.name], resource, name)


def _filter(binding: Any) -> AclBindingFilter:
    return AclBindingFilter(
        binding.restype,
        binding.name,
        binding.resource_pattern_type,
        binding.principal,
        binding.host,
        binding.operation,
        binding.permission_type,
    )


def _anything() -> AclBindingFilter:
    any_: Any = None
    return AclBindingFilter(
        ResourceType.ANY, any_, ResourcePatternType.ANY, any_, any_, AclOperation.ANY, AclPermissionType.ANY
    )


def _ask(question: Callable[[], Any]) -> Any:
    try:
        return question().result(ANSWER_SECONDS_MAX)
    except (KafkaException, TimeoutError) as error:
        reason = said(error) if isinstance(error, KafkaException) else "no answer"
        raise Trouble(f"Kafka does not tell who may do what ({reason}): ask it as {SETUP}") from None


def _by_text(futures: Mapping[Any, "Future[Any]"]) -> dict[str, "Future[Any]"]:
    return {str(each): future for each, future in futures.items()}
