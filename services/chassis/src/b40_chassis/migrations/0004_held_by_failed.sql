-- What could be read but not processed holds its key too, until it is replayed or discarded.

DROP INDEX b40.set_aside_held;
CREATE INDEX set_aside_held ON b40.set_aside (topic, partition, key, "offset")
    WHERE state IN ('waiting', 'behind', 'released') OR (state = 'failed' AND reason = 'failed');
