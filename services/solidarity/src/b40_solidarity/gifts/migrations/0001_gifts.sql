-- The side of those who give: gifts, books. Nothing here knows of a need.

CREATE TABLE policy (                    -- own copy
    scope text PRIMARY KEY,
    terms jsonb NOT NULL,
    reported_at timestamptz NOT NULL
);

CREATE TABLE gift (
    id uuid PRIMARY KEY,                 -- given by the payment partner; never leaves this database
    working uuid NOT NULL UNIQUE,        -- between this side and the matcher
    payer text NOT NULL,                 -- the payment partner's token
    subject uuid NOT NULL,               -- keyed hash of the giver, or of the gift if it names none
    person uuid,                         -- under which notices reach the giver, if wanted, until it is erased
    city text,                           -- null: anywhere
    kind text,                           -- null: any
    currency text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    since timestamptz NOT NULL,
    waiting_minor bigint NOT NULL CHECK (waiting_minor BETWEEN 0 AND amount_minor),    -- what is not spent yet
    batch uuid,                          -- the last batch in which a part of it was spent
    told boolean NOT NULL DEFAULT false CHECK (NOT told OR batch IS NOT NULL),
    CHECK ((waiting_minor = amount_minor) = (batch IS NULL))
);
CREATE INDEX gift_subject ON gift (subject);
CREATE INDEX gift_of_batch ON gift (batch) WHERE batch IS NOT NULL;

-- Books. A transfer has two legs, so debits equal credits; it is never changed. The book of a currency is their sum.

CREATE TABLE transfer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    currency text NOT NULL,
    debit text NOT NULL CHECK (debit IN ('waiting', 'spent')),
    credit text NOT NULL CHECK (credit IN ('gifts', 'waiting')),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    CHECK (debit <> credit)
);

CREATE TABLE book (
    currency text PRIMARY KEY,
    gifts bigint NOT NULL,
    waiting bigint NOT NULL CHECK (waiting >= 0),
    spent bigint NOT NULL CHECK (spent >= 0),
    CHECK (gifts = waiting + spent)
);

CREATE FUNCTION keep_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'transfers are added, never changed';
END $$;
CREATE TRIGGER keep_transfers BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer
    FOR EACH STATEMENT EXECUTE FUNCTION keep_transfers();

CREATE FUNCTION post_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO book (currency, gifts, waiting, spent)
    SELECT DISTINCT currency, 0, 0, 0 FROM posted ON CONFLICT DO NOTHING;
    UPDATE book SET gifts = book.gifts - moved.gifts, waiting = book.waiting + moved.waiting,
        spent = book.spent + moved.spent
    FROM (
        SELECT currency,
            coalesce(sum(amount) FILTER (WHERE account = 'gifts'), 0) AS gifts,
            coalesce(sum(amount) FILTER (WHERE account = 'waiting'), 0) AS waiting,
            coalesce(sum(amount) FILTER (WHERE account = 'spent'), 0) AS spent
        FROM (SELECT currency, debit AS account, amount_minor AS amount FROM posted
              UNION ALL SELECT currency, credit, -amount_minor FROM posted) AS leg
        GROUP BY currency
    ) AS moved
    WHERE book.currency = moved.currency;
    RETURN NULL;
END $$;
CREATE TRIGGER post_transfers AFTER INSERT ON transfer REFERENCING NEW TABLE AS posted
    FOR EACH STATEMENT EXECUTE FUNCTION post_transfers();
