"""The two formats of request and answer that several adapters speak: chat completions and messages."""
