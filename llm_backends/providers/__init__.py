"""One adapter a vendor SDK. Adapters never import each other; each imports its SDK late."""
