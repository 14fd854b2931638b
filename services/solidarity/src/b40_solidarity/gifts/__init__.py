"""The side of those who give: gifts in denominations. It knows of no need."""
