"""The database: connection, writer, and a file for each subject that is kept.

A new subject is a table in tables.py, a revision in migrations/versions, and a file here with its rows and its queries.
It reads through the `Database` and hands rows that nobody must wait for to the `Writer`. A process has one of each:
`CallLog.database` and `CallLog.writer`.
"""
