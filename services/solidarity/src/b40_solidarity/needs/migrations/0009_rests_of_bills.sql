-- With every batch of bills it is looked for whether one of them, or a rest of it, is known: not by reading all needs.

CREATE INDEX need_rest_of_bill ON need (biller, tag) WHERE part_of IS NOT NULL;
