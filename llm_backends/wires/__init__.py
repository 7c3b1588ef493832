"""The two formats that more than one adapter speaks: OpenAI's chat completions and Anthropic's messages."""
