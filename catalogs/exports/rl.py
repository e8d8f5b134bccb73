"""``rl``: reinforcement learning of the search agent, with verl and with Gen-Searcher.

    data/<part>.parquet    verl: data_source, prompt, ability, reward_model, extra_info; and the ground truth
    images/<part>/         the ground truth (of a benchmark item the first picture), as files
    rl_data.json           Gen-Searcher: [{"id", "prompt", "gt_image", "meta"}], paths relative to this folder

verl drops prompts of more than ``data.max_prompt_length`` tokens (1,024 unless set) and needs a reward
function that knows the `DATA_SOURCE`. The ground truth stands in a column `gt_image`: one called ``images``
would be shown to the agent. Gen-Searcher numbers its rows anew and drops ``meta``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from catalogs.exports.budget import text_tokens
from catalogs.exports.errors import LeftOutError
from catalogs.exports.interface import Facts, Format, Problem, Settings, Write
from catalogs.exports.parts import Part, Parts
from catalogs.exports.pictures import flattened, problem_of
from catalogs.exports.rows import IMAGE, files_in, json_line, read_table, table
from catalogs.exports.samples import Sample
from catalogs.exports.texts import PLACEHOLDER, SPECIAL_TOKEN, must_be_plain
from catalogs.shards import extension

MAX_PROMPT = 1024
"""verl's default for ``data.max_prompt_length``, in tokens; longer prompts are filtered out."""
DATA_SOURCE = "tracemill"
STYLE = "rule"
"""A reward function decides, whatever it asks. Where a reward model is configured and the style is ``model``,
verl's validation returns without a figure (RayPPOTrainer._validate)."""
ABILITY = "grounded-image-generation"
MESSAGE = pa.struct([("role", pa.string()), ("content", pa.string())])
SCHEMA = pa.schema(
    [
        ("data_source", pa.string()),
        ("prompt", pa.list_(MESSAGE)),
        ("ability", pa.string()),
        ("reward_model", pa.struct([("style", pa.string()), ("ground_truth", pa.string())])),
        (
            "extra_info",
            pa.struct([(name, pa.string()) for name in ("split", "index", "domain", "language", "subject")]),
        ),
        ("gt_image", IMAGE),
        ("licences", pa.list_(pa.string())),
        ("credits", pa.list_(pa.string())),
    ]
)


class Reinforcement(Format):
    """See the module."""

    name = "rl"
    version = "2"

    @contextmanager
    def writing(self, part: Part) -> Iterator[Write]:
        with (
            table(part.path(f"data/{part.name}.parquet"), SCHEMA) as rows,
            part.lines(f"rows/{part.name}.jsonl") as lines,
        ):

            def write(sample: Sample) -> Facts:
                opening = _opening(sample, part.settings)
                if not opening.strip():
                    raise LeftOutError("empty-turn")
                must_be_plain([opening, sample.row.prompt], placeholders=True)
                if "target" not in sample.pictures:
                    raise LeftOutError("no-ground-truth")
                truth = flattened(sample.pictures["target"])
                image = f"images/{part.name}/{sample.key}.{extension(truth)}"
                part.write(image, truth)
                rows.add(
                    row_of(sample, part.settings.split, opening, image, truth), len(truth) + len(opening)
                )
                lines.write(json_line(_searcher_row(sample, image)))
                tokens = text_tokens(opening)
                part.count("prompts-over-verl-default", tokens > MAX_PROMPT)
                return {"prompt_tokens": tokens}

            yield write

    def finish(self, root: Path, parts: Parts) -> dict[str, Iterable[bytes]]:
        return {"rl_data.json": _array(root / f"rows/{part.name}.jsonl" for part in parts if part.samples)}

    def check(self, root: Path, settings: Settings) -> Iterator[Problem | str]:
        for path in files_in(root / "data"):
            file = path.relative_to(root).as_posix()
            for row in read_table(path):
                key = row["extra_info"]["index"]
                problem = _problem(row, root)
                yield Problem(file=file, what=f"{key}: {problem}") if problem else key


def row_of(sample: Sample, split: str, opening: str, image: str, truth: bytes) -> dict[str, Any]:
    """The row of a sample. `ground_truth` is a JSON text: verl hands it to the reward function as it is."""
    row = sample.row
    ground_truth = {
        "prompt": row.prompt,
        "subject": row.subject,
        "scene": {"count": row.count, "place": row.place, "light": row.light, "action": row.action},
        "recaption": row.recaption,
        "gt_image": image,
        "drawing": {"similarity": row.similarity, "margin": row.margin, "checks": row.checks},
    }
    return {
        "data_source": DATA_SOURCE,
        "prompt": [{"role": "user", "content": opening}],
        "ability": ABILITY,
        "reward_model": {"style": STYLE, "ground_truth": msgspec.json.encode(ground_truth).decode()},
        "extra_info": {
            "split": split,
            "index": sample.key,
            "domain": row.domain,
            "language": row.language,
            "subject": row.subject,
        },
        "gt_image": {"bytes": truth, "path": image},
        "licences": row.licences,
        "credits": row.credits,
    }


def _opening(sample: Sample, settings: Settings) -> str:
    """What the agent is told first; of a benchmark item the bare prompt, since no dialogue was opened."""
    if settings.split != "train":
        return sample.row.prompt
    return sample.document.turns[0].input if sample.document.turns else ""


def _searcher_row(sample: Sample, image: str) -> dict[str, Any]:
    meta = {"category": sample.row.domain, "language": sample.row.language}
    return {"id": sample.key, "prompt": sample.row.prompt, "meta": meta, "gt_image": image}


def _array(files: Iterable[Path]) -> Iterator[bytes]:
    """One JSON array of the lines of all files, a line at a time."""
    before = b"[\n"
    for path in files:
        with path.open("rb") as lines:
            for line in lines:
                yield before + line.rstrip(b"\n")
                before = b",\n"
    yield b"\n]\n" if before == b",\n" else b"[]\n"


def _problem(row: Mapping[str, Any], root: Path) -> str:
    contents = [message["content"] for message in row["prompt"]]
    if not contents or row["prompt"][-1]["role"] != "user":
        return "the prompt does not end with the user"
    for content in contents:
        if PLACEHOLDER.search(content) or SPECIAL_TOKEN.search(content):
            return "misread: a placeholder or special token in the prompt"
    if not row["reward_model"]["ground_truth"]:
        return "no ground truth for the reward"
    path = root / row["gt_image"]["path"]
    if not path.is_file() or path.read_bytes() != row["gt_image"]["bytes"]:
        return f"{row['gt_image']['path']} is not there, or is not the picture in the row"
    if problem := problem_of(row["gt_image"]["bytes"]):
        return f"the ground truth cannot be decoded: {problem}"
    return ""
