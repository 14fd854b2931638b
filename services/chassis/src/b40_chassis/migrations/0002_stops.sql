-- What is known of the last record taken of each partition, and whether the partition is stopped.
ALTER TABLE b40.position
    ADD COLUMN last_offset bigint,       -- of the record that last_hash is of; an older copy does not move it
    ADD COLUMN last_hash bytea,          -- keyed, of key, value and headers
    ADD COLUMN stopped text;             -- why nothing more is taken; null: it is not stopped
