"""Billers say to which key their lines are encrypted."""

import base64
from collections.abc import Sequence

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import Biller, BillerReported

from b40_solidarity import hpke
from b40_solidarity.needs.hears import hears
from b40_solidarity.needs.store import billers as store
from b40_solidarity.objections import Objection

ANOTHER_REPORTER = Objection("another-reporter", "biller: somebody else reported its key, and alone may change it")
OLDER_KEY = Objection("older-key", "time: a newer key of this biller was reported")
WEAK_KEY = Objection("weak-key", "public_key: with this point nothing would be secret")


@hears.batch(Biller)
async def know_the_billers_that_were_stated(stated: Sequence[Heard[Biller]], work: Work) -> None:
    """Enter billers that a restored database does not know."""
    await store.enter_missing(work.connection, [heard.event for heard in stated])


@hears.each(BillerReported)
async def state_biller(heard: Heard[BillerReported], work: Work) -> None:
    """The newest key of a biller holds; who reported the first one alone may change it."""
    report = heard.event
    objection = _objection(heard, await store.lock(work.connection, report.biller))
    if objection is not None:
        work.refuse(heard, objection.reason, objection.detail)
        return
    biller = Biller(biller=report.biller, public_key=report.public_key, reported_at=heard.time, reporter=heard.source)
    await store.put(work.connection, biller)
    work.state_changed(Biller, report.biller, cause=heard)


def _objection(heard: Heard[BillerReported], known: Biller | None) -> Objection | None:
    if known is not None and known.reporter != heard.source:
        return ANOTHER_REPORTER
    if known is not None and known.reported_at > heard.time:
        return OLDER_KEY
    return WEAK_KEY if hpke.is_weak(base64.b64decode(heard.event.public_key)) else None
