-- An app that hears its own states notes here which of them it must say again: its database was restored, or an old
-- record came after a newer one. A copy of before does not know the column and leaves it as it is.
ALTER TABLE b40.state_heard ADD COLUMN again boolean NOT NULL DEFAULT false;
CREATE INDEX state_heard_again ON b40.state_heard (topic, key) WHERE again;

-- Counts how often a person had a stopped partition go on elsewhere: such a position does not mean a restored database.
ALTER TABLE b40.position ADD COLUMN era integer NOT NULL DEFAULT 0;
