-- A gift may be withdrawn: what no batch took of it goes back. What a payer gives is counted within an epoch of its token.

ALTER TABLE gift ADD COLUMN partner uuid;                             -- keyed hash of who reported it
ALTER TABLE gift ADD COLUMN withdrawn boolean NOT NULL DEFAULT false;
ALTER TABLE gift ADD COLUMN refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0);
ALTER TABLE gift ADD CHECK (refunded_minor = 0 OR withdrawn);
ALTER TABLE gift DROP CONSTRAINT gift_check1;                         -- told, and spent of, is a gift also when its
ALTER TABLE gift DROP CONSTRAINT gift_check2;                         -- batch is forgotten
ALTER TABLE gift ADD CHECK (batch IS NULL OR waiting_minor + refunded_minor < amount_minor);

-- Of a payer's token a keyed hash alone is kept, and that no longer than it is remembered who shared a batch.
ALTER TABLE gift ALTER COLUMN payer DROP NOT NULL;
ALTER TABLE gift ALTER COLUMN payer TYPE uuid USING md5(payer)::uuid;
CREATE INDEX gift_over ON gift (id) WHERE waiting_minor = 0 AND payer IS NOT NULL;

CREATE TABLE payer_epoch (
    payer uuid NOT NULL,                                              -- keyed hash of the token, which it outlives
    epoch text NOT NULL,
    currency text NOT NULL,
    given_minor bigint NOT NULL CHECK (given_minor >= 0),
    ends date NOT NULL,                                               -- the first day after the epoch
    PRIMARY KEY (payer, epoch, currency)
);
CREATE INDEX payer_epoch_ends ON payer_epoch (ends);
