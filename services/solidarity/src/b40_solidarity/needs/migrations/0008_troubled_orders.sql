-- Orders that wait for an answer, and how those that have one were answered, as long as it is remembered who shared a batch.

ALTER TABLE placed_order ADD COLUMN answer bytea;                -- digest of the lines that the first answer rejected
ALTER TABLE placed_order ADD COLUMN contradicted_at timestamptz; -- when it was answered otherwise, the last time
ALTER TABLE placed_order ADD CHECK (answer IS NULL OR answered);
CREATE INDEX placed_order_unanswered ON placed_order (batch) WHERE NOT answered;
CREATE INDEX placed_order_contradicted ON placed_order (contradicted_at) WHERE contradicted_at IS NOT NULL;
