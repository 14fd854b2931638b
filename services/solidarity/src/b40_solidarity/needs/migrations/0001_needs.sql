-- The side of those who receive: policies, attestations, needs, orders to billers, books. Nothing here knows of a gift.

CREATE TABLE city (
    code text PRIMARY KEY
);

CREATE TABLE policy (
    scope text PRIMARY KEY,              -- code of a city, or 'network'
    terms jsonb NOT NULL                 -- as stated, with the policy that is to follow
);

CREATE TABLE attestation (
    id uuid PRIMARY KEY,
    city text NOT NULL REFERENCES city,
    household uuid NOT NULL,             -- keyed hash of the city's pseudonym, which is not kept
    subject uuid NOT NULL,               -- keyed hash of the person
    person uuid,                         -- under which notices reach it, until it is erased
    kinds text[] NOT NULL,
    currency text NOT NULL,
    cap_minor bigint NOT NULL CHECK (cap_minor > 0),
    until date NOT NULL,
    opened_minor bigint NOT NULL DEFAULT 0 CHECK (opened_minor >= 0),
    ended boolean NOT NULL DEFAULT false -- its person was erased
);
CREATE INDEX attestation_subject ON attestation (subject);
CREATE INDEX attestation_household ON attestation (household);

CREATE TABLE batch (
    id uuid PRIMARY KEY,
    due timestamptz NOT NULL,
    currency text NOT NULL,
    orders integer NOT NULL CHECK (orders >= 0),
    answered integer NOT NULL DEFAULT 0 CHECK (answered BETWEEN 0 AND orders)
);

CREATE TABLE placed_order (
    id uuid PRIMARY KEY,
    batch uuid NOT NULL REFERENCES batch,
    biller text NOT NULL,
    total_minor bigint NOT NULL CHECK (total_minor > 0),
    answered boolean NOT NULL DEFAULT false,
    UNIQUE (batch, biller)
);

CREATE TABLE need (
    id uuid PRIMARY KEY,                 -- given by who reported it; never leaves this database
    attestation uuid NOT NULL REFERENCES attestation,
    kind text NOT NULL,
    currency text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    biller text NOT NULL,
    reference text NOT NULL,             -- encrypted to the biller
    tag text NOT NULL,                   -- the biller's own, by which the same bill is found
    since timestamptz NOT NULL,
    k integer NOT NULL CHECK (k >= 5),   -- as are the next four: of the policy when it came
    f_payers integer NOT NULL CHECK (f_payers >= 0),
    f_households integer NOT NULL CHECK (f_households >= 0),
    border text NOT NULL,
    vouched boolean NOT NULL,
    cut_off date,
    part integer NOT NULL DEFAULT 1 CHECK (part > 0),
    part_of uuid REFERENCES need,        -- the need whose rest it is, if a batch ordered that in part
    working uuid NOT NULL UNIQUE,        -- of need and part; between this side and the matcher
    line uuid NOT NULL UNIQUE,           -- of need and part; between this side and the biller
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'ordered', 'settled', 'withdrawn')),
    withdrawn boolean NOT NULL DEFAULT false,    -- withdrawn while ordered: it is not opened again
    told boolean NOT NULL DEFAULT false, -- that all of its parts are paid
    placed_order uuid REFERENCES placed_order,
    CHECK ((state IN ('ordered', 'settled')) = (placed_order IS NOT NULL)),
    CHECK (state <> 'withdrawn' OR withdrawn)
);
CREATE UNIQUE INDEX need_bill_once ON need (biller, tag) WHERE state <> 'withdrawn' AND part_of IS NULL;
CREATE INDEX need_parts ON need (part_of) WHERE part_of IS NOT NULL;
CREATE INDEX need_of_order ON need (placed_order) WHERE placed_order IS NOT NULL;

-- Books. A transfer has two legs, so debits equal credits; it is never changed. The book of a currency is their sum.

CREATE TABLE transfer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    currency text NOT NULL,
    debit text NOT NULL CHECK (debit IN ('waiting', 'ordered', 'settled', 'withdrawn')),
    credit text NOT NULL CHECK (credit IN ('needs', 'waiting', 'ordered')),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    CHECK (debit <> credit)
);

CREATE TABLE book (
    currency text PRIMARY KEY,
    needs bigint NOT NULL,
    waiting bigint NOT NULL CHECK (waiting >= 0),
    ordered bigint NOT NULL CHECK (ordered >= 0),
    settled bigint NOT NULL CHECK (settled >= 0),
    withdrawn bigint NOT NULL CHECK (withdrawn >= 0),
    CHECK (needs = waiting + ordered + settled + withdrawn)
);

CREATE FUNCTION keep_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'transfers are added, never changed';
END $$;
CREATE TRIGGER keep_transfers BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer
    FOR EACH STATEMENT EXECUTE FUNCTION keep_transfers();

CREATE FUNCTION post_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO book (currency, needs, waiting, ordered, settled, withdrawn)
    SELECT DISTINCT currency, 0, 0, 0, 0, 0 FROM posted ON CONFLICT DO NOTHING;
    UPDATE book SET needs = book.needs - moved.needs, waiting = book.waiting + moved.waiting,
        ordered = book.ordered + moved.ordered, settled = book.settled + moved.settled,
        withdrawn = book.withdrawn + moved.withdrawn
    FROM (
        SELECT currency,
            coalesce(sum(amount) FILTER (WHERE account = 'needs'), 0) AS needs,
            coalesce(sum(amount) FILTER (WHERE account = 'waiting'), 0) AS waiting,
            coalesce(sum(amount) FILTER (WHERE account = 'ordered'), 0) AS ordered,
            coalesce(sum(amount) FILTER (WHERE account = 'settled'), 0) AS settled,
            coalesce(sum(amount) FILTER (WHERE account = 'withdrawn'), 0) AS withdrawn
        FROM (SELECT currency, debit AS account, amount_minor AS amount FROM posted
              UNION ALL SELECT currency, credit, -amount_minor FROM posted) AS leg
        GROUP BY currency
    ) AS moved
    WHERE book.currency = moved.currency;
    RETURN NULL;
END $$;
CREATE TRIGGER post_transfers AFTER INSERT ON transfer REFERENCING NEW TABLE AS posted
    FOR EACH STATEMENT EXECUTE FUNCTION post_transfers();
