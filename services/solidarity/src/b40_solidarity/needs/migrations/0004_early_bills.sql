-- Bills that were confirmed before their households were attested. Nothing of them is in the books.

CREATE TABLE early_bill (
    need uuid PRIMARY KEY,
    attestation uuid NOT NULL,
    source text NOT NULL,                -- these three are of the report
    id text NOT NULL,
    time timestamptz NOT NULL,
    until timestamptz NOT NULL,          -- then it is refused
    report jsonb NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY   -- the order in which they came
);
CREATE INDEX early_bill_attestation ON early_bill (attestation);
CREATE INDEX early_bill_until ON early_bill (until, need);
