"""Full-text search over prompts and answers: SQLite's FTS5, or PostgreSQL's own."""
