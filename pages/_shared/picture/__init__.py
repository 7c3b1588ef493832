"""What charts share: how a model looks in all of them, its legend, scales."""
