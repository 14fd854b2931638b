"""Cities and their dated membership, working groups, meetings, decisions."""
