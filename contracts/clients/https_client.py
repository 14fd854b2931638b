"""Reports a fact over HTTPS with httpx and follows what becomes of it: ``python https_client.py URL SOURCE ID``.

Needs httpx. ``B40_API_KEY`` is the integrator's key.
"""

import os
import sys
import time

import httpx

EVENT = {
    "specversion": "1.0",
    "type": "org.b40.registry.membership.reported.v1",
    "time": "2022-06-28T12:00:00+03:00",  # when it happened, not when it is sent
    "data": {"city": "BGSOF", "status": "signed", "on": "2022-06-28", "source": {"title": "Protocol"}},
}
TRIES_MAX = 10
ON_ITS_WAY = ("accepted", "waiting")


def ask(client: httpx.Client, method: str, path: str, **request: object) -> dict[str, object]:
    """The answer to a request, tried again while the platform is busy or away: under the same id that is safe."""
    for attempt in range(TRIES_MAX):
        try:
            answer = client.request(method, path, **request)
        except httpx.TransportError:
            time.sleep(2**attempt)
            continue
        if answer.status_code not in (429, 502, 503, 504):
            break
        time.sleep(float(answer.headers.get("retry-after", 2**attempt)))
    else:
        sys.exit(f"no answer after {TRIES_MAX} tries")
    document: dict[str, object] = answer.json()
    if answer.is_error:  # a problem document (RFC 9457): it names the field and the reason
        sys.exit(f"{answer.status_code} {document['title']}: {document['detail']}")
    return document


def main(url: str, source: str, id_: str) -> None:
    """Report, then ask until it took effect, was refused or set aside."""
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {os.environ['B40_API_KEY']}"}) as client:
        structured = {"content-type": "application/cloudevents+json"}
        taken = ask(client, "POST", "/intake", json={**EVENT, "id": id_, "source": source}, headers=structured)
        path = str(taken["accepted"][0]["fate"])  # type: ignore[index]
        for _ in range(TRIES_MAX):
            fate = ask(client, "GET", path)
            if fate["state"] not in ON_ITS_WAY:
                break
            time.sleep(1)
    print(f"{id_}: {fate['state']} {fate.get('reason', '')}".strip())


if __name__ == "__main__":
    main(*sys.argv[1:])
