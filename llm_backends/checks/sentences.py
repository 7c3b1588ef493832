"""What is wrong with a check, and what a check found, in plain English."""

from .criteria import CheckFault, CheckResult, Reason

_CHECK = {
    "unknown check": "There is no check {check}.",
    "unknown field": "The check {check} has no {field}.",
    "missing": "The check {check} needs {field}.",
    "wrong type": "{field} of the check {check} is not of the kind that it must be.",
    "empty": "{field} of the check {check} is empty: every answer would pass.",
    "out of bounds": "{field} of the check {check} is out of bounds.",
    "unusable": "{field} of the check {check} can't be used: {said}.",
}
_FOUND: dict[Reason, str] = {
    "held": "Passed.",
    "differs": "The answer is not what is expected.",
    "lacks it": "The answer does not hold what is expected.",
    "no number": "The answer holds no number.",
    "too far": "The answer's number is {found}.",
    "no JSON": "The answer is not JSON: {found}.",
    "against the schema": "The answer is JSON, but against the schema: {found}.",
    "too unlike": "The answer is alike by {found:.2f} only.",
    "too long": "The answer has {found:,.0f} characters.",
    "too dear": "The call cost {found:.6f} USD.",
    "too slow": "The first token took {found:,.0f} ms.",
    "no whole answer": "Not judged: the call failed or was stopped.",
    "nothing expected": "Not judged: the row has nothing in expected.",
    "no number expected": "Not judged: the row's expected is not a number.",
    "no JSON expected": "Not judged: what is expected is not JSON.",
    "unusable": "Not judged: what it is held against can't be used: {found}.",
    "too much": "Not judged: it took too long. A simpler expression may help.",
    "given up": "Not judged: it took too long for five answers before.",
    "cost unknown": "Not judged: the cost is unknown.",
    "first token unknown": "Not judged: the time of the first token is unknown.",
}


def of_check(fault: CheckFault) -> str:
    """Why a check can't be used."""
    said = (fault.said or "").rstrip(".")
    return _CHECK[fault.reason].format(check=_shown(fault.check), field=_shown(fault.field or ""), said=said)


def of_result(result: CheckResult) -> str:
    """What a check found."""
    found = result.found.rstrip(".") if isinstance(result.found, str) else result.found
    return _FOUND[result.reason].format(found=found)


def _shown(name: str) -> str:
    """A name that somebody wrote, made fit to be shown."""
    return "".join(char if char.isprintable() else "\ufffd" for char in name[:80])
