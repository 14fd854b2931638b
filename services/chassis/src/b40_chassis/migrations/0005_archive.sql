-- Rows that were sent stay, with where each record came to stand: the archive, from which a broker's loss is mended.
-- A row is not moved: its packed arrays lie out of line and stay where they are when it is marked as sent.

ALTER TABLE b40.outbox
    ADD COLUMN records integer NOT NULL DEFAULT 0,
    ADD COLUMN sent timestamptz,         -- null: it waits for the relay
    ADD COLUMN partitions integer[],     -- of each record, -1 for one that could not be sent
    ADD COLUMN offsets bigint[],
    ALTER COLUMN keys SET STORAGE EXTERNAL,
    ALTER COLUMN payloads SET STORAGE EXTERNAL,
    ALTER COLUMN headers SET STORAGE EXTERNAL;

CREATE INDEX outbox_unsent ON b40.outbox (id) WHERE sent IS NULL;
CREATE INDEX outbox_sent ON b40.outbox USING brin (sent) WITH (pages_per_range = 16);

-- Headers were JSON; now names joined by U+001E, then U+001F and the value of each, which neither can contain.
UPDATE b40.outbox SET records = cardinality(topics), headers = ARRAY(
    SELECT (SELECT string_agg(pair ->> 0, E'\x1e' ORDER BY place) || string_agg(E'\x1f' || (pair ->> 1), '' ORDER BY place)
              FROM json_array_elements(header::json) WITH ORDINALITY AS pairs (pair, place))
      FROM unnest(headers) WITH ORDINALITY AS each (header, number) ORDER BY number);

CREATE TABLE b40.unsendable (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    key bytea NOT NULL,
    payload bytea,
    headers text NOT NULL,
    reason text NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
);

-- One row: whether the relay sleeps. Who fills the outbox from another process wakes it only then.
CREATE TABLE b40.relay (asleep boolean NOT NULL);
INSERT INTO b40.relay VALUES (false);
