"""What calls of one kind came to in a day, kept once the day is over."""
