"""What an experiment's calls came to: by slot, by prompt, against a baseline and an earlier run, and as files."""
