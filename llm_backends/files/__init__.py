"""Files that other programs read: tables as CSV and Parquet, and their cells."""
