-- Givers are told when a batch settled k households; else with the pool's next batch that did.

ALTER TABLE batch ADD COLUMN households_settled integer CHECK (households_settled >= 0);
ALTER TABLE batch ADD COLUMN told boolean NOT NULL DEFAULT false;
UPDATE batch SET told = true WHERE final_at IS NOT NULL;
CREATE INDEX batch_untold ON batch (pool) WHERE final_at IS NOT NULL AND NOT told;
