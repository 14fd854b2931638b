-- Cities, their membership ledger, working groups, meetings, decisions.

CREATE TABLE city (
    code text PRIMARY KEY,
    geonames bigint NOT NULL UNIQUE,
    country text NOT NULL,
    timezone text NOT NULL,
    profile jsonb NOT NULL,
    described_at timestamptz NOT NULL,   -- time and id of the report that holds
    described_by text NOT NULL,
    CHECK (code LIKE country || '%')
);

CREATE TABLE membership_entry (
    city text NOT NULL REFERENCES city,
    day date NOT NULL CHECK (day >= '1900-01-01'),
    status text NOT NULL CHECK (status IN ('candidate', 'signed', 'active', 'left')),
    source jsonb NOT NULL,
    PRIMARY KEY (city, day, status)
);

CREATE FUNCTION keep_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the membership ledger is added to, never changed';
END $$;
CREATE TRIGGER keep_ledger BEFORE UPDATE OR DELETE ON membership_entry
    FOR EACH ROW EXECUTE FUNCTION keep_ledger();

CREATE TABLE membership_to_begin (       -- entries whose day has not come
    city text NOT NULL,
    day date NOT NULL,
    status text NOT NULL,
    begins timestamptz NOT NULL,
    PRIMARY KEY (city, day, status),
    FOREIGN KEY (city, day, status) REFERENCES membership_entry
);
CREATE INDEX membership_to_begin_when ON membership_to_begin (begins);

CREATE TABLE working_group (
    slug text PRIMARY KEY,
    content jsonb NOT NULL,
    reported_at timestamptz NOT NULL,
    reported_by text NOT NULL
);

CREATE TABLE meeting (
    slug text PRIMARY KEY,
    content jsonb NOT NULL,
    first_day date NOT NULL,
    ends timestamptz NOT NULL,
    cancelled boolean NOT NULL,
    held boolean NOT NULL,
    reported_at timestamptz NOT NULL,
    reported_by text NOT NULL,
    CHECK (NOT (cancelled AND held))
);
CREATE INDEX meeting_to_end ON meeting (ends) WHERE NOT held AND NOT cancelled;

CREATE TABLE decision (
    slug text PRIMARY KEY,
    content jsonb NOT NULL,
    owner_city text REFERENCES city,
    owner_group text,
    meeting text,
    taken_on date NOT NULL,
    zone text NOT NULL,
    falls_due timestamptz,
    lapses timestamptz,
    state text NOT NULL CHECK (state IN ('open', 'due', 'fulfilled', 'lapsed')),
    fulfilment jsonb,
    CHECK ((owner_city IS NULL) <> (owner_group IS NULL)),
    CHECK ((falls_due IS NULL) = (lapses IS NULL) AND falls_due < lapses),
    CHECK ((state = 'fulfilled') = (fulfilment IS NOT NULL))
);
CREATE INDEX decision_to_fall_due ON decision (falls_due) WHERE state = 'open';
CREATE INDEX decision_to_lapse ON decision (lapses) WHERE state IN ('open', 'due');
