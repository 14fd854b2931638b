-- What the Python peers keep: the books of the ledger, and an inbox without our digests.
CREATE TABLE inbox (
    source text NOT NULL,
    id text NOT NULL,
    PRIMARY KEY (source, id)
);
CREATE TABLE transfer (
    place bigint GENERATED ALWAYS AS IDENTITY,
    account text NOT NULL,
    number bigint NOT NULL,
    receiver text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0)
);
CREATE TABLE balance (
    account text PRIMARY KEY,
    amount bigint NOT NULL
) WITH (fillfactor = 50);
