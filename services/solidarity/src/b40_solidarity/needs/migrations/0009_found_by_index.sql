-- What grows for years is not read whole: with every batch of bills it is looked for whether one of them, or a rest of it, is
-- known; with every record what the clearing account says of its batches.

CREATE INDEX need_rest_of_bill ON need (biller, tag) WHERE part_of IS NOT NULL;
CREATE INDEX transfer_of_batch ON transfer (batch) WHERE batch IS NOT NULL;
