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

CREATE TABLE subject_key (                           -- erasing it lets nobody tell what its leaves held
    subject uuid PRIMARY KEY,
    key bytea NOT NULL CHECK (length(key) = 32)
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
