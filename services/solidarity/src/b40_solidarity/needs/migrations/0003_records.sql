-- The leaves of this side's trees in the public record, and of which batch the clearing account speaks.

ALTER TABLE attestation ADD COLUMN receipt bytea;    -- digest of a secret that the household keeps
CREATE INDEX attestation_receipt ON attestation (receipt) WHERE receipt IS NOT NULL;

ALTER TABLE transfer ADD COLUMN batch uuid;          -- of a transfer to the clearing account, settled

CREATE TABLE share (                                 -- what of a need was settled in a batch, as long as that is remembered
    batch uuid NOT NULL REFERENCES batch,
    need uuid NOT NULL REFERENCES need,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    PRIMARY KEY (batch, need)
);
CREATE INDEX share_of_need ON share (need);
INSERT INTO share
    SELECT placed_order.batch, need.id, need.amount_minor FROM need
    JOIN placed_order ON placed_order.id = need.placed_order WHERE need.state = 'settled';

-- The key store. No backup of this database has what is in it, and it has backups of its own, which are kept for less
-- long. Erasing a key lets nobody tell what the leaves of its subject held.
CREATE SCHEMA keys;
CREATE TABLE keys.subject (
    subject uuid PRIMARY KEY,                        -- keyed hash of a person
    key bytea NOT NULL DEFAULT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
);

CREATE TABLE erased (                                -- persons who are forgotten
    subject uuid PRIMARY KEY,                        -- keyed hash of the person
    reported_at timestamptz NOT NULL                 -- when the intake took its erasure
);

CREATE TABLE tree (
    part uuid PRIMARY KEY,
    currency text NOT NULL,
    due timestamptz NOT NULL,
    seed bytea,                                      -- these three are there when a worker has made it
    root text UNIQUE,
    leaves bytea,
    CHECK (num_nulls(seed, root, leaves) IN (0, 3))
);

CREATE TABLE published_root (                        -- as the public records state it
    root text PRIMARY KEY,
    number integer NOT NULL,
    due timestamptz NOT NULL
);

CREATE TABLE leaf (                                  -- what of a need is in a tree
    part uuid NOT NULL REFERENCES tree,
    need uuid NOT NULL REFERENCES need,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    PRIMARY KEY (part, need)
);
CREATE INDEX leaf_of_need ON leaf (need);

CREATE TABLE tree_batch (
    part uuid NOT NULL REFERENCES tree,
    batch uuid NOT NULL,
    PRIMARY KEY (part, batch)
);
CREATE INDEX tree_of_batch ON tree_batch (batch);
