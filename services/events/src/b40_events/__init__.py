"""Tours, fairs, places, deadlines, calendars."""
