"""What the pages share that run experiments: those on record, how far one is, and how it is paused or gone on with."""
