#!/bin/sh
# Reports a fact over HTTPS with curl, and asks what became of it: sh https_client.sh URL SOURCE ID
# B40_API_KEY is the integrator's key. It goes to curl by its standard input, so that no list of processes shows it.
set -eu
url=$1 source=$2 id=$3

ask() { printf 'header = "Authorization: Bearer %s"\n' "$B40_API_KEY" | curl --config - --silent --show-error "$@"; }

ask --fail-with-body --retry 5 --retry-connrefused "$url/intake" \
  -H 'ce-specversion: 1.0' -H 'ce-type: org.b40.registry.membership.reported.v1' \
  -H "ce-source: $source" -H "ce-id: $id" -H 'ce-time: 2022-06-28T12:00:00+03:00' \
  -H 'Content-Type: application/json' \
  -d '{"city": "BGSOF", "status": "signed", "on": "2022-06-28", "source": {"title": "Protocol"}}'
echo

encoded=$(printf '%s' "$source" | od -An -v -tx1 | tr -d '\n' | tr ' ' '%')
ask --fail-with-body "$url/intake/$encoded/$id"
echo
