"""Every way to reach a model, as the tests see it: a backend for a scripted model of the sandbox, by each adapter."""

from dataclasses import dataclass, replace

from llm_backends import Catalog, Message, settings
from llm_backends.net.retries import Retries


@dataclass(frozen=True)
class Kind:
    """One provider on one route; `environ` is what it needs beyond the sandbox's own variables."""

    name: str
    provider: str
    route: str = "direct"
    environ: tuple[tuple[str, str], ...] = ()

    def slot(self, sandbox, model: str, prompt: str = "Hello", **parameters):
        """A slot that asks the scripted `model`, once; its answer is what the script says."""
        turns = parameters.pop("messages", (Message("user", prompt),))
        slot = self.catalog(sandbox, model).slot(f"{self.provider}/{model}", self.route, turns, **parameters)
        return replace(slot, retries=Retries(attempts=1))

    def catalog(self, sandbox, model: str) -> Catalog:
        mapping = {"AZURE_DEPLOYMENTS": f"{self.provider}/{model}={model}"}
        compatible = {"COMPATIBLE_LAB_BASE_URL": f"{sandbox.url}/openai/v1", "COMPATIBLE_LAB_API_KEY": "sandbox-lab"}
        environ = sandbox.environment() | mapping | compatible | dict(self.environ)
        return Catalog(settings.load(environ=environ, dotenv_path=None))


NATIVE = (("AZURE_AI_FOUNDRY_WIRE", "native"),)

KINDS = (
    Kind("openai", "openai"),
    Kind("anthropic", "anthropic"),
    Kind("gemini", "gemini"),
    Kind("mistral", "mistral"),
    Kind("compatible", "lab"),
    Kind("azure-deployments", "openai", "azure"),
    Kind("azure-gateway", "gemini", "azure"),
    Kind("azure-v1", "mistral", "azure", NATIVE),
    Kind("azure-anthropic", "anthropic", "azure", NATIVE),
)
