-- The span in which a task was assigned: that of doing it links there. None of what came sealed, or untraced.
ALTER TABLE b40.task ADD COLUMN traceparent text;
