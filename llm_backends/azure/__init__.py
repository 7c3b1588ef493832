"""Azure AI Foundry: a client for each wire that it serves models with, identities, and several endpoints."""
