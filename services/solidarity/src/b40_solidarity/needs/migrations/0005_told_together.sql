-- Who was not told yet is looked for with each batch that is answered.

CREATE INDEX need_untold ON need (kind, currency) WHERE state = 'settled' AND part_of IS NULL AND NOT told;
