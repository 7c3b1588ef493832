"""The database: connection, writer, and a file for each subject that is kept."""
