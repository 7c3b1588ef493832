"""How one simulated answer behaves, read from the model's name, the only channel that survives every SDK.

A scripted name reads `sandbox.key-value.key-value…`, as in `sandbox.ttft-300.rate-60.tokens-120.fault-drop.after-5`:

ttft       milliseconds from the request to the first token
rate       tokens a second after that
tokens     length of the canned answer
reasoning  how many reasoning tokens come first
canned     canned text even where a model answers
numbered   the tokens are 0, 1, 2 …, to see which have arrived
fault      one of FAULTS
after      tokens before a fault in mid-stream, default 5; for flaky, how many requests fail first
retry      seconds in Retry-After, default 1
"""

from dataclasses import dataclass, fields
from typing import Any

STATUS_FAULTS = ("400", "401", "403", "404", "408", "413", "429", "429noretry", "500", "502", "503", "529")
FAULTS = {
    **dict.fromkeys(STATUS_FAULTS, "answers this status, with Retry-After on 429 unless noretry"),
    "echo": "401 whose message repeats the key that it received",
    "badkey": "the answer to a wrong key as the real provider words it: 400 from Gemini, 401 from the others",
    "flaky": "503 for the first `after` requests of this model name, then normal",
    "slow503": "503, after ttft",
    "stallheaders": "accepts the request and never answers",
    "stall": "goes silent in mid-stream until the client goes away",
    "trickle": "sends nothing but comments or blanks in mid-stream, one each 100 ms, forever",
    "drop": "resets the connection in mid-stream",
    "noend": "ends the body cleanly, without a finish reason",
    "badjson": "sends a chunk in mid-stream that is not JSON, then ends",
    "errorevent": "sends the provider's own error event in mid-stream, then ends; status 500 where nothing streams",
    "html": "answers 200 with a page of HTML",
    "empty": "finishes normally without any text",
    "filter": "blocked by the content filter before the answer, in the provider's own shape",
    "filtermid": "cut by the content filter in mid-answer",
    "length": "finishes because of the length limit",
    "nousage": "never reports usage",
    "asyncfilter": "annotates after the finish chunk, as Azure does with its asynchronous content filter",
}


@dataclass(frozen=True)
class Script:
    """One answer's behaviour. `tokens` None leaves the length open, `reasoning` None leaves it to the model's habit."""

    ttft: float = 350
    rate: float = 60
    tokens: int | None = None
    reasoning: int | None = None
    canned: bool = False
    numbered: bool = False
    fault: str | None = None
    after: int = 5
    retry: int = 1

    @property
    def status(self) -> int | None:
        """The HTTP status that the fault asks for, if it is that kind of fault."""
        return int(self.fault[:3]) if self.fault in STATUS_FAULTS else None


def parse(model: str, *, ttft: float, rate: float) -> Script | None:
    """The script in a model's name, over the provider's own pace; a plain Script for an ordinary name.

    None where a name starts with `sandbox.` and cannot be read: the provider then doesn't know this model.
    """
    if not model.startswith("sandbox."):
        return Script(ttft=ttft, rate=rate)
    known = {field.name: field.type for field in fields(Script)}
    values: dict[str, Any] = {"ttft": ttft, "rate": rate}
    for part in model.removeprefix("sandbox.").split("."):
        key, _, value = part.partition("-")
        try:
            values[key] = value if key == "fault" else True if key in ("canned", "numbered") else int(value)
        except ValueError:
            return None
        if key not in known or (key == "fault" and value not in FAULTS) or (key == "rate" and values[key] < 1):
            return None
    return Script(**values)
