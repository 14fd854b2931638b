-- Between the sides: what waits in pools, batches, books, the public record. Working ids only; no pair exists.

CREATE TABLE policy (                    -- own copy
    scope text PRIMARY KEY,
    terms jsonb NOT NULL,
    reported_at timestamptz NOT NULL
);

CREATE TABLE pool (
    name text PRIMARY KEY,
    area text NOT NULL,                  -- a city; merged upward, a country or 'network'
    kind text NOT NULL,
    currency text NOT NULL,
    first_since timestamptz NOT NULL,    -- from then on batch hours are looked for
    next_due timestamptz,                -- the next batch hour, its microsecond the number of the batch within the hour;
                                         -- null until the city's policy is known, and for merged pools, which have none
    carried_minor bigint NOT NULL DEFAULT 0,     -- below zero only while a restored database hears again
    UNIQUE (area, kind, currency)
);
CREATE INDEX pool_due ON pool (next_due, name);

CREATE TABLE need (                      -- null where a decision entered it that came before the need itself
    id uuid PRIMARY KEY,
    pool text REFERENCES pool,           -- of its city
    household uuid,                      -- keyed hash
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    since timestamptz,
    k integer CHECK (k >= 5),
    f_payers integer CHECK (f_payers >= 0),
    f_households integer CHECK (f_households >= 0),
    border text,
    cut_off date,
    vouched boolean,
    part integer,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed', 'handed back', 'ordered')),
    reserved uuid,                       -- the batch, on the needs side, that was decided with it
    CHECK (state <> 'open' OR household IS NOT NULL)
);
CREATE INDEX need_waiting ON need (pool, since, id) WHERE state = 'open' AND reserved IS NULL;
CREATE INDEX need_cut_off ON need (pool, cut_off) WHERE state = 'open' AND cut_off IS NOT NULL;
CREATE INDEX need_reserved ON need (reserved) WHERE reserved IS NOT NULL;

CREATE TABLE gift (                      -- null where a decision entered it that came before the gift itself
    id uuid PRIMARY KEY,
    payer uuid,                          -- keyed hash
    epoch text,                          -- of the payer's token
    partner uuid,                        -- keyed hash
    city text,                           -- null also: anywhere
    kind text,                           -- null also: any
    currency text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    waiting_minor bigint NOT NULL CHECK (waiting_minor BETWEEN 0 AND amount_minor),    -- what is not spent yet
    parts integer NOT NULL DEFAULT 0,    -- how many of it were spent
    since timestamptz,
    k integer CHECK (k >= 5),
    f_payers integer CHECK (f_payers >= 0),
    f_households integer CHECK (f_households >= 0),
    border text,
    reserved uuid                        -- the batch, on the gifts side, that was decided with it
);
CREATE INDEX gift_waiting ON gift (currency, since, id)
    WHERE waiting_minor > 0 AND payer IS NOT NULL AND reserved IS NULL;
CREATE INDEX gift_reserved ON gift (reserved) WHERE reserved IS NOT NULL;

CREATE TABLE left_out (                  -- needs and gifts that chance left for a later batch
    id uuid PRIMARY KEY,
    times integer NOT NULL CHECK (times >= 0),    -- by batches that took effect
    due timestamptz NOT NULL             -- the last batch hour at which it was
);

CREATE TABLE reserved_carry (            -- of batches decided and not yet read back
    needs_batch uuid PRIMARY KEY,
    pool text NOT NULL REFERENCES pool,
    amount_minor bigint NOT NULL
);

CREATE TABLE batch (
    needs_batch uuid PRIMARY KEY,
    gifts_batch uuid NOT NULL UNIQUE,
    pool text NOT NULL REFERENCES pool,
    number integer NOT NULL,
    due timestamptz NOT NULL,
    currency text NOT NULL,
    k integer NOT NULL CHECK (k >= 5),
    f_payers integer NOT NULL CHECK (f_payers >= 0),
    f_households integer NOT NULL CHECK (f_households >= 0),
    payers integer NOT NULL CHECK (payers >= k + f_payers),
    households integer NOT NULL CHECK (households >= k + f_households),
    spent_minor bigint NOT NULL CHECK (spent_minor > 0),
    ordered_minor bigint NOT NULL CHECK (ordered_minor > 0),
    settled_minor bigint NOT NULL DEFAULT 0 CHECK (settled_minor >= 0),
    returned_minor bigint NOT NULL DEFAULT 0 CHECK (returned_minor >= 0),
    needs_settled integer NOT NULL DEFAULT 0 CHECK (needs_settled >= 0),
    final_at timestamptz,                -- when all that it ordered was answered
    UNIQUE (pool, number),
    CHECK (settled_minor + returned_minor <= ordered_minor),
    CHECK (final_at IS NULL OR settled_minor + returned_minor = ordered_minor)
);
CREATE INDEX batch_final ON batch (currency, final_at);

CREATE TABLE record (
    currency text NOT NULL,
    number integer NOT NULL,
    due timestamptz NOT NULL,
    digest text NOT NULL,
    counted boolean NOT NULL,            -- read back; before that it is only proposed
    content jsonb NOT NULL,
    PRIMARY KEY (currency, number)
);

CREATE TABLE record_due (
    currency text PRIMARY KEY,
    due timestamptz NOT NULL
);

-- Books. A transfer has two legs, so debits equal credits; it is never changed. The book of a currency is their sum.

CREATE TABLE transfer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    currency text NOT NULL,
    debit text NOT NULL CHECK (debit IN ('waiting', 'carried', 'ordered', 'settled')),
    credit text NOT NULL CHECK (credit IN ('gifts', 'waiting', 'carried', 'ordered')),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    CHECK (debit <> credit)
);

CREATE TABLE book (
    currency text PRIMARY KEY,
    gifts bigint NOT NULL,
    waiting bigint NOT NULL CHECK (waiting >= 0),
    carried bigint NOT NULL,
    ordered bigint NOT NULL CHECK (ordered >= 0),
    settled bigint NOT NULL CHECK (settled >= 0),
    CHECK (gifts = waiting + carried + ordered + settled)
);

CREATE FUNCTION keep_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'transfers are added, never changed';
END $$;
CREATE TRIGGER keep_transfers BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer
    FOR EACH STATEMENT EXECUTE FUNCTION keep_transfers();

CREATE FUNCTION post_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO book (currency, gifts, waiting, carried, ordered, settled)
    SELECT DISTINCT currency, 0, 0, 0, 0, 0 FROM posted ON CONFLICT DO NOTHING;
    UPDATE book SET gifts = book.gifts - moved.gifts, waiting = book.waiting + moved.waiting,
        carried = book.carried + moved.carried, ordered = book.ordered + moved.ordered,
        settled = book.settled + moved.settled
    FROM (
        SELECT currency,
            coalesce(sum(amount) FILTER (WHERE account = 'gifts'), 0) AS gifts,
            coalesce(sum(amount) FILTER (WHERE account = 'waiting'), 0) AS waiting,
            coalesce(sum(amount) FILTER (WHERE account = 'carried'), 0) AS carried,
            coalesce(sum(amount) FILTER (WHERE account = 'ordered'), 0) AS ordered,
            coalesce(sum(amount) FILTER (WHERE account = 'settled'), 0) AS settled
        FROM (SELECT currency, debit AS account, amount_minor AS amount FROM posted
              UNION ALL SELECT currency, credit, -amount_minor FROM posted) AS leg
        GROUP BY currency
    ) AS moved
    WHERE book.currency = moved.currency;
    RETURN NULL;
END $$;
CREATE TRIGGER post_transfers AFTER INSERT ON transfer REFERENCING NEW TABLE AS posted
    FOR EACH STATEMENT EXECUTE FUNCTION post_transfers();

-- What the pools carry together is what the book says is carried, at every commit.

CREATE FUNCTION pools_agree_with_book() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    booked bigint;
    pooled bigint;
BEGIN
    SELECT coalesce(sum(carried), 0) INTO booked FROM book WHERE currency = NEW.currency;
    SELECT coalesce(sum(carried_minor), 0) INTO pooled FROM pool WHERE currency = NEW.currency;
    IF booked <> pooled THEN
        RAISE EXCEPTION 'pools carry %, the book says %', pooled, booked;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER pools_agree_with_book AFTER INSERT OR UPDATE ON book
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pools_agree_with_book();
CREATE CONSTRAINT TRIGGER pools_agree_with_book AFTER INSERT OR UPDATE OF carried_minor ON pool
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pools_agree_with_book();
