-- What came sealed is held until a fixed hour of the day; the same words to one recipient are sent once an hour.

ALTER TABLE notice ADD COLUMN send_due timestamptz;      -- it is held until then
ALTER TABLE notice DROP CONSTRAINT notice_state_check;
ALTER TABLE notice ADD CONSTRAINT notice_state_check
    CHECK (state IN ('held', 'open', 'sent', 'failed', 'gathered', 'covered'));
-- 'held' waits for its hour; 'covered' is told by another of the same words.
ALTER TABLE notice ADD CHECK (state NOT IN ('held', 'covered') OR (send_due, recipient, line, paragraphs) IS NOT NULL);
CREATE INDEX notice_held ON notice (send_due, recipient) WHERE state = 'held';
