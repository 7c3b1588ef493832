"""How strong contestants are, from who was found better than whom."""
