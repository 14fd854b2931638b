-- The public record with a root per side: what is drawn, what each side says of it. Refunds in the books.

DELETE FROM record WHERE NOT counted;

CREATE TABLE draw (                      -- which final batches a record is to cover
    currency text NOT NULL,
    number integer NOT NULL,
    due timestamptz NOT NULL,
    needs_part uuid NOT NULL UNIQUE,
    gifts_part uuid NOT NULL UNIQUE,
    content jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('proposed', 'open', 'announced', 'published', 'held over')),
    PRIMARY KEY (currency, number),
    UNIQUE (currency, due)
);

CREATE TABLE drawn_batch (               -- a batch stands in one record alone
    needs_batch uuid PRIMARY KEY REFERENCES batch,
    gifts_batch uuid NOT NULL UNIQUE,
    currency text NOT NULL,
    number integer NOT NULL              -- of the draw; 0: in a record from before there were draws
);
CREATE INDEX drawn_batch_of_draw ON drawn_batch (currency, number);
INSERT INTO drawn_batch
    SELECT batch.needs_batch, batch.gifts_batch, batch.currency, 0 FROM batch
    WHERE final_at < (SELECT max(record.due) FROM record WHERE record.currency = batch.currency);

CREATE TABLE rooted (                    -- what a side says of its part
    part uuid PRIMARY KEY,
    content jsonb NOT NULL
);

CREATE TABLE statistics (
    currency text NOT NULL,
    week text NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (currency, week)
);

-- Refunded is what went back to payers: gifts = waiting + carried + ordered + settled + refunded.

ALTER TABLE transfer DROP CONSTRAINT transfer_debit_check;
ALTER TABLE transfer ADD CONSTRAINT transfer_debit_check
    CHECK (debit IN ('waiting', 'carried', 'ordered', 'settled', 'refunded')) NOT VALID;
ALTER TABLE book ADD COLUMN refunded bigint NOT NULL DEFAULT 0 CHECK (refunded >= 0);
ALTER TABLE book DROP CONSTRAINT book_check;
ALTER TABLE book ADD CONSTRAINT book_check
    CHECK (gifts = waiting + carried + ordered + settled + refunded);

CREATE OR REPLACE FUNCTION post_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO book (currency, gifts, waiting, carried, ordered, settled, refunded)
    SELECT DISTINCT currency, 0, 0, 0, 0, 0, 0 FROM posted ON CONFLICT DO NOTHING;
    UPDATE book SET gifts = book.gifts - moved.gifts, waiting = book.waiting + moved.waiting,
        carried = book.carried + moved.carried, ordered = book.ordered + moved.ordered,
        settled = book.settled + moved.settled, refunded = book.refunded + moved.refunded
    FROM (
        SELECT currency,
            coalesce(sum(amount) FILTER (WHERE account = 'gifts'), 0) AS gifts,
            coalesce(sum(amount) FILTER (WHERE account = 'waiting'), 0) AS waiting,
            coalesce(sum(amount) FILTER (WHERE account = 'carried'), 0) AS carried,
            coalesce(sum(amount) FILTER (WHERE account = 'ordered'), 0) AS ordered,
            coalesce(sum(amount) FILTER (WHERE account = 'settled'), 0) AS settled,
            coalesce(sum(amount) FILTER (WHERE account = 'refunded'), 0) AS refunded
        FROM (SELECT currency, debit AS account, amount_minor AS amount FROM posted
              UNION ALL SELECT currency, credit, -amount_minor FROM posted) AS leg
        GROUP BY currency
    ) AS moved
    WHERE book.currency = moved.currency;
    RETURN NULL;
END $$;
