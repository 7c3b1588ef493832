"""Azure AI Foundry's three wires as the sandbox serves them, and the managed identity that hands out its tokens."""

from ..protocol import Ask, Dialect, Http, Json, Refusal, sse
from ..script import Script
from .anthropic import Anthropic
from .openai import OpenAI

USAGE_IN_STREAMS_SINCE = "2024-09-01"
SAFE = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}
HIT = SAFE | {"violence": {"filtered": True, "severity": "high"}}


class _Deployments(Dialect):
    """What Azure's wires share: deployments in place of models, keys, ids, and the errors of its front door."""

    id_header = "apim-request-id"

    def key(self, http: Http) -> str:
        return http.headers.get("api-key") or http.headers.get("x-api-key") or http.bearer

    def knows(self, model: str) -> bool:
        return model.startswith("sandbox") or model.endswith("-deployment")

    def no_such_model(self, model: str) -> Refusal:
        return Refusal(404, "No deployment of this name exists on this resource.", "DeploymentNotFound")

    def headers(self, http: Http) -> dict[str, str]:
        return {"apim-request-id": http.id, "x-ms-region": "Sandbox", "x-ratelimit-remaining-requests": "-1"}

    def retry_headers(self, seconds: int) -> dict[str, str]:
        return {"retry-after": str(seconds), "retry-after-ms": str(seconds * 1000)}


def front_door(refusal: Refusal) -> Json:
    """An error by Azure's gateway, which says the status as a code where it has no word for it."""
    return {"error": {"code": refusal.code or str(refusal.status), "message": refusal.message}}


class AzureV1(_Deployments, OpenAI):
    """`/openai/v1/`: OpenAI's format with the deployment in `model`."""

    name = "azure-v1"
    ttft, rate = 380, 65

    def blocked(self, ask: Ask) -> Refusal | None:
        return Refusal(400, "The prompt was filtered by the content management policy.", "content_filter", "prompt")

    def error(self, http: Http, refusal: Refusal) -> object:
        if refusal.code == "content_filter":
            inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": HIT}
            return {"error": {"message": refusal.message, "type": None, "param": "prompt", "code": "content_filter",
                              "status": 400, "innererror": inner}}  # fmt: skip
        if refusal.param or refusal.status >= 500:
            return super().error(http, refusal)
        return front_door(refusal)

    def answering_model(self, ask: Ask) -> str:
        return ask.model.removesuffix("-deployment")

    def opening(self, ask: Ask) -> bytes:
        filters = [{"prompt_index": 0, "content_filter_results": SAFE}]
        first = {"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": filters}
        return sse(first)

    def trailing(self, ask: Ask) -> bytes:
        if ask.script.fault != "asyncfilter":
            return b""
        offsets = {"check_offset": 0, "start_offset": 0, "end_offset": 100}
        note = {"index": 0, "finish_reason": None, "content_filter_results": SAFE, "content_filter_offsets": offsets}
        return sse({"id": "", "object": "", "created": 0, "model": "", "choices": [note]})

    def listing(self) -> Json:
        listing = super().listing()
        return listing | {"data": [model | {"status": "succeeded"} for model in listing["data"]]}


class AzureDeployments(AzureV1):
    """`/openai/deployments/{deployment}/…?api-version=`: old API versions know no usage in streams."""

    name = "azure"

    def ask(self, http: Http, model: str, script: Script) -> Ask:
        if not http.query.get("api-version"):
            raise Refusal(404, "Resource not found.")
        return super().ask(http, model, script)

    def sends_usage(self, ask: Ask) -> bool:
        return super().sends_usage(ask) and ask.http.query["api-version"] >= USAGE_IN_STREAMS_SINCE


class AzureAnthropic(_Deployments, Anthropic):
    """`/anthropic/v1/messages`: Anthropic's format; wrong keys and missing deployments are answered by Azure itself."""

    name = "azure-anthropic"
    ttft, rate = 530, 60

    def headers(self, http: Http) -> dict[str, str]:
        return _Deployments.headers(self, http) | Anthropic.headers(self, http)

    def error(self, http: Http, refusal: Refusal) -> object:
        at_the_door = refusal.status == 401 or refusal.code == "DeploymentNotFound"
        return front_door(refusal) if at_the_door else super().error(http, refusal)

    def answering_model(self, ask: Ask) -> str:
        return ask.model.removesuffix("-deployment")
