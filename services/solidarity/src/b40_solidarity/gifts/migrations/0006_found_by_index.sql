-- With every record it is looked for what the clearing account says of its batches: not by reading all transfers.

CREATE INDEX transfer_of_batch ON transfer (batch) WHERE batch IS NOT NULL;
