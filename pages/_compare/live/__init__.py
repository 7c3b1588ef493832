"""The text of the answers while they grow: laid out here a block at a time, sent and drawn as far as it is new."""
