-- The leaves of this side's trees in the public record, and of which batch the clearing account speaks.

ALTER TABLE gift ADD COLUMN receipt bytea;           -- digest of a secret that the giver keeps
CREATE INDEX gift_receipt ON gift (receipt) WHERE receipt IS NOT NULL;

ALTER TABLE transfer ADD COLUMN batch uuid;          -- of a transfer to the clearing account, spent

CREATE TABLE share (                                 -- what of a gift was spent in a batch, as long as that is remembered
    batch uuid NOT NULL,
    gift uuid NOT NULL REFERENCES gift,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    PRIMARY KEY (batch, gift)
);
CREATE INDEX share_of_gift ON share (gift);
INSERT INTO share SELECT batch, id, amount_minor FROM gift WHERE batch IS NOT NULL;

-- The key store. No backup of this database has what is in it, and it has backups of its own, which are kept for less
-- long. Erasing a key lets nobody tell what the leaves of its subject held.
CREATE SCHEMA keys;
CREATE TABLE keys.subject (
    subject uuid PRIMARY KEY,                        -- keyed hash of a person
    key bytea NOT NULL DEFAULT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
);

CREATE TABLE erased (                                -- persons who are forgotten
    subject uuid PRIMARY KEY                         -- keyed hash of the person
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

CREATE TABLE leaf (                                  -- what of a gift is in a tree
    part uuid NOT NULL REFERENCES tree,
    gift uuid NOT NULL REFERENCES gift,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    PRIMARY KEY (part, gift)
);
CREATE INDEX leaf_of_gift ON leaf (gift);

CREATE TABLE tree_batch (
    part uuid NOT NULL REFERENCES tree,
    batch uuid NOT NULL,
    PRIMARY KEY (part, batch)
);
CREATE INDEX tree_of_batch ON tree_batch (batch);

-- Refunded is what went back to payers while it still waited: gifts = waiting + spent + refunded.

ALTER TABLE transfer DROP CONSTRAINT transfer_debit_check;
ALTER TABLE transfer ADD CONSTRAINT transfer_debit_check CHECK (debit IN ('waiting', 'spent', 'refunded')) NOT VALID;
ALTER TABLE book ADD COLUMN refunded bigint NOT NULL DEFAULT 0 CHECK (refunded >= 0);
ALTER TABLE book DROP CONSTRAINT book_check;
ALTER TABLE book ADD CONSTRAINT book_check CHECK (gifts = waiting + spent + refunded);

CREATE OR REPLACE FUNCTION post_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO book (currency, gifts, waiting, spent, refunded)
    SELECT DISTINCT currency, 0, 0, 0, 0 FROM posted ON CONFLICT DO NOTHING;
    UPDATE book SET gifts = book.gifts - moved.gifts, waiting = book.waiting + moved.waiting,
        spent = book.spent + moved.spent, refunded = book.refunded + moved.refunded
    FROM (
        SELECT currency,
            coalesce(sum(amount) FILTER (WHERE account = 'gifts'), 0) AS gifts,
            coalesce(sum(amount) FILTER (WHERE account = 'waiting'), 0) AS waiting,
            coalesce(sum(amount) FILTER (WHERE account = 'spent'), 0) AS spent,
            coalesce(sum(amount) FILTER (WHERE account = 'refunded'), 0) AS refunded
        FROM (SELECT currency, debit AS account, amount_minor AS amount FROM posted
              UNION ALL SELECT currency, credit, -amount_minor FROM posted) AS leg
        GROUP BY currency
    ) AS moved
    WHERE book.currency = moved.currency;
    RETURN NULL;
END $$;
