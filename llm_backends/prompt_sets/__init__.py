"""Where a prompt set's rows come from (reading.py, own.py), and the templates that they are put into."""
