"""What an experiment came to, as the Prompt sets page shows it: verdicts, slots, the matrix, changes, exports."""
