"""What an answer must be to pass: the criteria, what they are held against, and what they found."""
