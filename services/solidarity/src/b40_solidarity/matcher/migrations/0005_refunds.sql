-- Gifts may be withdrawn. Of what is over only the id stays, so that it is known if it is named again; for the memory.

ALTER TABLE gift ADD COLUMN withdrawn boolean NOT NULL DEFAULT false;
ALTER TABLE gift ADD COLUMN over_at timestamptz;     -- since when nothing of it waits
UPDATE gift SET over_at = coalesce(since, '2000-01-01'), payer = NULL, epoch = NULL, partner = NULL, city = NULL,
    kind = NULL, since = NULL, k = NULL, f_payers = NULL, f_households = NULL, border = NULL WHERE waiting_minor = 0;
CREATE INDEX gift_over ON gift (over_at) WHERE over_at IS NOT NULL;

ALTER TABLE need ADD COLUMN over_at timestamptz;     -- since when it does not wait
UPDATE need SET over_at = coalesce(since, '2000-01-01'), pool = NULL, household = NULL, since = NULL,
    k = NULL, f_payers = NULL, f_households = NULL, border = NULL, cut_off = NULL, vouched = NULL, part = NULL WHERE state <> 'open';
CREATE INDEX need_over ON need (over_at) WHERE over_at IS NOT NULL;
