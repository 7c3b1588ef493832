"""What the whole log says, by model, route, endpoint or day: worked out from cells, not from a million calls."""
