-- One row per transfer is both its entries: what the account gave, the receiver got.
CREATE TABLE transfer (
    place bigint GENERATED ALWAYS AS IDENTITY,   -- order of booking
    account text NOT NULL,
    number bigint NOT NULL,
    receiver text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0)    -- no key on (account, number): a double must be able to show
);
CREATE TABLE balance (
    account text PRIMARY KEY,
    amount bigint NOT NULL
) WITH (fillfactor = 50);
