-- The frame's own tables. A service's tables live in the database's default schema.

CREATE TABLE b40.position (
    hearing text NOT NULL,               -- first, main or clock: three subscribers, each a group of its own
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    last_appended timestamptz,
    taken bigint NOT NULL DEFAULT 0,
    duplicates bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (hearing, topic, partition)
);

CREATE TABLE b40.source (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE
);

CREATE TABLE b40.inbox (
    source integer NOT NULL,
    id uuid NOT NULL,                    -- the id itself if it is a UUID, else a hash of it
    digest bytea NOT NULL,               -- keyed, of type, subject and data
    appended timestamptz NOT NULL,
    PRIMARY KEY (source, id)
);

CREATE TABLE b40.set_aside (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hearing text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    appended timestamptz NOT NULL,
    key bytea,
    value bytea,
    header_names text[] NOT NULL,
    header_values bytea[] NOT NULL,
    state text NOT NULL CHECK (state IN ('unreadable', 'failed', 'waiting', 'behind', 'released', 'discarded')),
    reason text NOT NULL,
    detail text NOT NULL,
    awaited_topic text,
    awaited_key text,
    expires timestamptz,
    source text,
    event_id text,
    UNIQUE (topic, partition, "offset"),
    CHECK ((state = 'waiting') <= (awaited_topic IS NOT NULL AND awaited_key IS NOT NULL AND expires IS NOT NULL))
);
CREATE INDEX set_aside_held ON b40.set_aside (topic, key) WHERE state IN ('waiting', 'behind', 'released');
CREATE INDEX set_aside_awaited ON b40.set_aside (awaited_topic, awaited_key) WHERE state = 'waiting';
CREATE INDEX set_aside_sender ON b40.set_aside (source, event_id);

CREATE TABLE b40.due_set_aside (
    kind text NOT NULL,
    subject text NOT NULL,
    due timestamptz NOT NULL,
    detail text NOT NULL,
    PRIMARY KEY (kind, subject, due)
);

CREATE TABLE b40.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topics text[] NOT NULL,
    keys bytea[] NOT NULL,
    payloads bytea[] NOT NULL,           -- NULL elements are tombstones
    headers text[] NOT NULL,             -- per record a JSON array of [name, value]
    size integer NOT NULL
);

CREATE TABLE b40.task (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    task jsonb NOT NULL,
    cause_time timestamptz NOT NULL,
    correlation text,
    now timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    next_try timestamptz NOT NULL DEFAULT now(),
    leased_by text,
    leased_until timestamptz,
    last_error text
);
CREATE INDEX task_next ON b40.task (next_try);

CREATE TABLE b40.tick (
    now timestamptz PRIMARY KEY,
    appended timestamptz NOT NULL
);
CREATE INDEX tick_appended ON b40.tick (appended);

CREATE TABLE b40.state_heard (
    topic text NOT NULL,
    key text NOT NULL,
    version bigint NOT NULL,             -- 0: somebody waits for it
    PRIMARY KEY (topic, key)
);

CREATE TABLE b40.state_said (
    topic text NOT NULL,
    key text NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (topic, key)
);

CREATE TABLE b40.decision (
    kind text NOT NULL,
    subject text NOT NULL,
    proposed integer NOT NULL DEFAULT 0,
    proposed_due timestamptz,
    counted integer NOT NULL DEFAULT 0,
    counted_due timestamptz,
    PRIMARY KEY (kind, subject)
);

CREATE TABLE b40.intake (
    source text NOT NULL,
    id text NOT NULL,
    digest bytea NOT NULL,
    accepted timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, id)
);

CREATE TABLE b40.refused (
    source text NOT NULL,
    id text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    PRIMARY KEY (source, id)
);
