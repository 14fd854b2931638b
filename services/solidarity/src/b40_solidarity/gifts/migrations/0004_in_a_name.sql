-- A gift may be given in somebody's name, who is told so, and not by whom.

ALTER TABLE gift ADD COLUMN honoured uuid;           -- under which notices reach them, until they are erased
CREATE INDEX gift_honoured ON gift (honoured) WHERE honoured IS NOT NULL;
