"""The side of those who receive: attestations, bills, orders to billers. It knows of no gift."""
