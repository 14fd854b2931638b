"""Access as the catalogue grants it."""

import pytest
from b40_contracts import catalogue
from b40_contracts.topic import Topic
from b40_infra import access
from b40_infra.access import Grant, Operation, Resource

SEALED = [topic for topic in catalogue.TOPICS if topic.sealed]


def readers(topic: str) -> set[str]:
    return {
        each.principal
        for each in access.grants()
        if (each.operation, each.resource, each.name) == (Operation.READ, Resource.TOPIC, topic)
    }


@pytest.mark.parametrize("topic", SEALED, ids=lambda topic: topic.name)
def test_a_sealed_topic_is_read_by_its_parties_alone(topic: Topic) -> None:
    """Breaks if the operator, or another app, may read what is sealed: of no use to it, and more than it needs."""
    parties = {consumer.app for consumer in topic.consumers} | {topic.producer}
    assert readers(topic.name) == parties - {catalogue.INTEGRATORS}


def test_nobody_but_the_setup_may_do_anything_to_all_of_a_kind() -> None:
    """What the operator may do to all groups is to see them."""
    wide = {each for each in access.grants() if each.name in (access.ALL, "") and each.principal != access.SETUP}
    assert wide == {Grant(access.OPERATOR, Operation.DESCRIBE, Resource.GROUP, access.ALL)}


def test_an_app_says_what_it_produces_and_what_came_to_it_by_https() -> None:
    written = {each.name for each in access.grants() if (each.principal, each.operation) == ("events", Operation.WRITE)}
    own = {topic.name for topic in catalogue.TOPICS if topic.producer == "events"}
    assert written == own | {"events-intake"}


@pytest.mark.parametrize(
    ("name", "intake", "reason"),
    [
        ("registry", "events-intake", "somebody else"),
        ("clock", "events-intake", "somebody else"),
        ("water", "registry-cities", "no intake"),
        ("water", "solidarity-needs-intake", "HTTPS alone"),
        ("water", "solidarity-settlements", "no intake"),
        ("water", "no-such-topic", "no intake"),
    ],
)
def test_an_integrator_is_nobody_else_and_reports_on_open_intakes(name: str, intake: str, reason: str) -> None:
    """Breaks if an integrator could take the name of an app, or write what only an app says."""
    with pytest.raises(ValueError, match=reason):
        access.grants(integrators={name: [intake]})


def test_every_environment_of_a_kafka_has_its_own_names() -> None:
    ours = {each.name for each in access.grants(prefix="staging-") if each.name not in (access.ALL, "")}
    assert ours
    assert all(name.startswith("staging-") for name in ours)
