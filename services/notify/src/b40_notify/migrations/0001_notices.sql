-- What notify owns: recipients in a vault, what they agreed to, notices and digests. And its copy of cities.

CREATE TABLE city (
    code text PRIMARY KEY,
    names jsonb NOT NULL,
    timezone text NOT NULL
);

-- The vault. An address is readable only together with its key; erasing a recipient deletes both rows.
CREATE TABLE recipient (
    id uuid PRIMARY KEY,
    city text,                           -- NULL: hears of every city
    language text NOT NULL,
    address bytea NOT NULL
);
CREATE INDEX recipient_city ON recipient (city);

-- The key store. No backup of this database has what is in it, and it has backups of its own, which are kept for less long.
CREATE SCHEMA keys;
CREATE TABLE keys.recipient (
    recipient uuid PRIMARY KEY,
    key bytea NOT NULL
);

CREATE TABLE recipient_erased (
    recipient uuid PRIMARY KEY           -- an opaque id, never used again
);

-- What was heard on notify-consents; it says nothing about a person and may know more ids than the vault.
CREATE TABLE consent (
    recipient uuid PRIMARY KEY,
    about text[] NOT NULL,
    immediate boolean NOT NULL,
    digest boolean NOT NULL
);

CREATE TABLE digest (
    id uuid PRIMARY KEY,
    recipient uuid NOT NULL,
    day date NOT NULL,
    due timestamptz,                     -- when it was gathered; NULL if only its delivery was heard so far
    notices integer NOT NULL CHECK (notices > 0),
    state text NOT NULL CHECK (state IN ('open', 'sent', 'failed')),
    reason text CHECK ((state = 'failed') = (reason IS NOT NULL)),
    attempted timestamptz CHECK ((state = 'open') = (attempted IS NULL)),
    CHECK (state <> 'open' OR due IS NOT NULL)
);
CREATE INDEX digest_recipient ON digest (recipient, due);

CREATE TABLE notice (
    id uuid PRIMARY KEY,
    about text NOT NULL,
    channel text NOT NULL,
    recipient uuid,                      -- unknown for a notice entered from a delivery of what came sealed
    source text,                         -- the event that it tells; unknown for a notice entered from a delivery
    event_id text,
    sealed boolean NOT NULL DEFAULT false,
    line text,
    paragraphs text[],
    told_at timestamptz,                 -- business time of the event
    digest_due timestamptz,              -- it stands in the digest of then
    digest uuid REFERENCES digest,
    state text NOT NULL CHECK (state IN ('open', 'sent', 'failed', 'gathered')),
    reason text CHECK ((state = 'failed') = (reason IS NOT NULL)),
    attempted timestamptz CHECK ((state IN ('sent', 'failed')) = (attempted IS NOT NULL)),
    -- Each event is told once to each recipient on each channel.
    UNIQUE (source, event_id, recipient, channel),
    -- 'gathered' stands in a digest alone; 'open' is to be sent by itself.
    CHECK (state <> 'gathered' OR digest_due IS NOT NULL),
    CHECK (state NOT IN ('open', 'gathered') OR (source, event_id, recipient, line, paragraphs, told_at) IS NOT NULL)
);
CREATE INDEX notice_recipient ON notice (recipient);
CREATE INDEX notice_digest_due ON notice (digest_due, recipient) WHERE digest_due IS NOT NULL AND digest IS NULL;
