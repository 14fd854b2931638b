-- Since when a row of the outbox has been waiting: how old the oldest one is says whether the relay keeps up.
ALTER TABLE b40.outbox ADD COLUMN written timestamptz NOT NULL DEFAULT now();
