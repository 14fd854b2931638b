-- A gift may be given in somebody's name, who is told so, and not by whom.

ALTER TABLE gift ADD COLUMN honoured uuid;           -- under which notices reach them
