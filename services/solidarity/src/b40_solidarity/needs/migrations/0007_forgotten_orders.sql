-- A settled need forgets its order when it is forgotten who shared a batch.

ALTER TABLE need DROP CONSTRAINT need_check;
ALTER TABLE need ADD CHECK (CASE state WHEN 'ordered' THEN placed_order IS NOT NULL
                                       WHEN 'settled' THEN true ELSE placed_order IS NULL END);
