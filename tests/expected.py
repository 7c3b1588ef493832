"""How a call must end for each fault of the sandbox, by every adapter alike."""

from dataclasses import dataclass


@dataclass(frozen=True)
class End:
    """The status and error class of a call, and how many of its chunks had arrived (of 20, breaking after 5)."""

    error: str | None
    chunks: int = 0

    @property
    def status(self) -> str:
        return "error" if self.error else "ok"


REFUSALS = {
    "400": End("RequestRejected"),
    "401": End("AuthError"),
    "403": End("AuthError"),
    "404": End("RequestRejected"),
    "408": End("TimedOut"),
    "413": End("RequestRejected"),
    "429": End("RateLimited"),
    "429noretry": End("RateLimited"),
    "500": End("ProviderDown"),
    "502": End("ProviderDown"),
    "503": End("ProviderDown"),
    "529": End("ProviderDown"),
    "slow503": End("ProviderDown"),
    "badkey": End("AuthError"),
    "echo": End("AuthError"),
    "html": End("ProviderDown"),
    "filter": End("ContentFiltered"),
}
BREAKS = {
    "drop": End("ProviderDown", 5),
    "noend": End("Truncated", 20),
    "badjson": End("ProviderDown", 5),
    "errorevent": End("ProviderDown", 5),
    "filtermid": End("ContentFiltered", 5),
}
SILENCES = {  # under a read timeout and a deadline of about a second
    "stallheaders": End("TimedOut"),
    "stall": End("TimedOut", 5),
    "trickle": End("TimedOut", 5),
}
WHOLE = {
    "length": End(None, 20),
    "empty": End(None),
    "nousage": End(None, 20),
    "asyncfilter": End(None, 20),
}
ENDS = REFUSALS | BREAKS | SILENCES | WHOLE
