#!/usr/bin/env bash
# Starts one of PostgreSQL's two servers. B40_POSTGRES_PRIMARY names the one that is written to; the other follows it.
# So who names the follower there, and starts it anew, promotes it.
set -euo pipefail

secrets=${B40_SECRETS:-/secrets}
slot=${B40_MEMBER//-/_}
tls="sslmode=disable"
[ "${B40_POSTGRES_TLS:-on}" = off ] || tls="sslmode=verify-full sslrootcert=$secrets/authority.pem"
set -- "$@" -cssl_cert_file="$secrets/$B40_MEMBER.pem" -cssl_key_file="$secrets/$B40_MEMBER.pem" \
  -csynchronous_standby_names="${B40_POSTGRES_WAITS_FOR:-}" -cmax_slot_wal_keep_size=2GB
followed="host=$B40_POSTGRES_PRIMARY user=$B40_MEMBER-replica passfile=$secrets/replica.pass connect_timeout=5 $tls"

if [ "$B40_MEMBER" = "$B40_POSTGRES_PRIMARY" ]; then
  # All that it was sent is taken, then it begins a timeline of its own.
  [ ! -e "$PGDATA/standby.signal" ] || mv "$PGDATA/standby.signal" "$PGDATA/recovery.signal"
  exec docker-entrypoint.sh "$@" -crestore_command=false
fi

if [ -e "$PGDATA/PG_VERSION" ] && [ ! -e "$PGDATA/standby.signal" ]; then
  echo "This server was written to, and now $B40_POSTGRES_PRIMARY is: what it holds may differ. Delete its volume." >&2
  exit 1
fi

if [ ! -e "$PGDATA/PG_VERSION" ]; then
  trap 'exit 1' INT TERM # else the first process of a container is asked to stop in vain
  rm -rf "$PGDATA.copying"
  until psql "dbname=postgres target_session_attrs=primary $followed" --quiet --output /dev/null --command "
      SELECT pg_create_physical_replication_slot('$slot')
      WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '$slot')"; do
    sleep 1
  done
  pg_basebackup --dbname "$followed" --pgdata "$PGDATA.copying" --slot "$slot" --checkpoint fast --no-password
  touch "$PGDATA.copying/standby.signal"
  rmdir "$PGDATA" 2>/dev/null || true # the image may have made it, empty
  mv --no-target-directory "$PGDATA.copying" "$PGDATA"
fi
exec docker-entrypoint.sh "$@" -cprimary_conninfo="$followed application_name=$B40_MEMBER" -cprimary_slot_name="$slot"
