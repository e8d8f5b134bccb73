"""The Ray Serve configuration and the profile that calls it agree; neither is started here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.profile import load_profile
from workers.chat.endpoint import ChatEndpoint

SERVE = Path(__file__).parents[2] / "examples" / "cluster" / "serve.yaml"


@pytest.fixture
def served() -> dict[str, Any]:
    yaml = pytest.importorskip("yaml")  # comes with Ray
    document: dict[str, Any] = yaml.safe_load(SERVE.read_text(encoding="utf-8"))
    return document


def test_the_profile_calls_what_the_cluster_serves(served: dict[str, Any]) -> None:
    (application,) = served["applications"]
    (model,) = application["args"]["llm_configs"]
    chat = load_profile("cluster").chat
    assert isinstance(chat, ChatEndpoint)
    assert chat.base_url == f"http://localhost:{served['http_options']['port']}/v1"
    assert chat.model == model["model_loading_config"]["model_id"]
    deployment = model["deployment_config"]
    scaling = deployment["autoscaling_config"]
    assert chat.slots == deployment["max_ongoing_requests"] * scaling["max_replicas"]
    assert scaling["target_ongoing_requests"] < deployment["max_ongoing_requests"], "it scales up"
    parses = model["engine_kwargs"].get("enable_auto_tool_choice", False)
    assert chat.tools == "text" or parses


def test_its_fields_are_those_of_ray(served: dict[str, Any]) -> None:
    """With ``ray[serve,llm]`` installed the whole document is validated by Ray itself."""
    schema = pytest.importorskip("ray.serve.schema", exc_type=ImportError)
    schema.ServeDeploySchema.model_validate(served)
    llm = pytest.importorskip("ray.serve.llm", exc_type=ImportError)
    (application,) = served["applications"]
    llm.LLMServingArgs.model_validate(application["args"])
