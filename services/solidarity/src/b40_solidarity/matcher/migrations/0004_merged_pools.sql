-- A pool that others merge into closes as many batches at one hour as it is full.

ALTER TABLE pool ADD COLUMN merged_into text REFERENCES pool;  -- until the hour is over; NULL: it closes its own
