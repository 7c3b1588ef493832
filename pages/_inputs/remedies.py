"""Where on the Settings page a model that is not ready gets what it lacks."""

from llm_backends.catalog.catalog import ModelEntry


def remedy(entry: ModelEntry) -> dict[str, str] | None:
    """The Settings page's address for what this model lacks, None where that can't be given there."""
    mendable = entry.why_not.mendable_in_settings if entry.why_not else None
    if mendable == "key":
        return {"key": "azure" if entry.route == "azure" else entry.provider}
    return {"deployment": entry.ref} if mendable else None
