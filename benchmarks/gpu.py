"""`make bench CASE=gpu`: embedding, judging and drawing on one GPU, each beside a bare loop over its model.

Weights are random, in the real shapes: open_clip's ViT-L/14, Qwen2.5-VL-3B, Stable Diffusion 3 Medium. Each
is loaded through its worker (the latter two from a saved folder), warmed up, and then given pictures as the
stages give them. The bare loop feeds the same model one prepared batch over and over. Busy is what the driver
says (nvidia-smi, five times a second): the share of time in which a kernel ran.

Without a GPU nothing is measured, and nothing is claimed. ``--tiny`` runs the same code over tiny models on a
CPU, to see that it works.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import gpu_models
from benchmarks.measure import measured, report
from catalogs.blobs import BlobStore
from tests.workers import tiny
from workers.chat.interface import ChatRequest, Message
from workers.chat.settings import ChatModel
from workers.chat.transformers_chat import TransformersChat, _load
from workers.drawing.diffusers_drawer import DiffusersDrawer
from workers.drawing.interface import DrawingRequest
from workers.drawing.settings import DrawingModel
from workers.image_text import load_image_text

GOAL = 90.0
"""Percent of the time after warm-up in which the GPU works."""


class Bench:
    def __init__(self, *, small: bool, seconds: float) -> None:
        self.small = small
        self.seconds = seconds
        self.device = "cpu" if small else "cuda"

    def compare(self, worker: Callable[[], int], bare: Callable[[], int]) -> dict[str, Any]:
        """Images a second of both; each call handles and returns a number of images."""
        return {"worker": self._rate(worker), "bare_loop": self._rate(bare)}

    def _rate(self, work: Callable[[], int]) -> dict[str, Any]:
        work()  # warm-up: kernels are chosen and memory is taken
        images = 0
        with _busy() as seen, measured() as run:
            end = time.perf_counter() + self.seconds
            while not images or time.perf_counter() < end:
                images += work()
        figures: dict[str, Any] = {"images_per_second": round(images / run.seconds, 2)}
        if seen:
            figures |= {"gpu_busy_percent": round(sum(seen) / len(seen), 1), "samples": len(seen)}
            figures["goal_reached"] = figures["gpu_busy_percent"] >= GOAL
        return figures

    def embedding(self) -> dict[str, Any]:
        """Candidates as the filters hand them over: 256 decoded pictures of 768 x 768."""
        import torch

        name, count = ("ViT-B-32", 8) if self.small else ("ViT-L-14", 256)
        model: Any = load_image_text(f"open_clip:{name}?device={self.device}&batch={min(count, 128)}")
        pictures = [_picture(number) for number in range(count)]
        batch = torch.stack([model._transform(one) for one in pictures[:128]]).to(self.device, model._dtype)

        def bare() -> int:
            with torch.inference_mode():
                model._model.encode_image(batch).float().cpu()
            return len(batch)

        def worker() -> int:
            return len(model.encode_images(pictures).embeddings)

        return {"model": name, "revision": model.revision, **self.compare(worker, bare)}

    def judging(self, folder: Path) -> dict[str, Any]:
        """Questions with two pictures each, answered in at most 64 tokens."""
        import torch

        checkpoint = tiny.qwen_vl(folder) if self.small else gpu_models.save_vlm(folder)
        settings = ChatModel(device=self.device, batch=16, max_tokens=64, temperature=0.0)
        blobs = BlobStore(folder.parent / "blobs")
        chat = TransformersChat(str(checkpoint), settings, str(folder.parent / "blobs"))
        chat.check()
        shown = [blobs.put(_encoded(_picture(number))) for number in range(8)]
        ask = "Which of the two shows the subject better? Grade both, 0 to 10, with a reason."
        requests = [
            ChatRequest(
                task="judge",
                messages=(Message("user", f"{number}. {ask}", (shown[number % 8], shown[(number + 1) % 8])),),
                facts={},
            )
            for number in range(4 if self.small else 64)
        ]
        loaded: Any = _load(chat._checkpoint, settings.device, settings.precision(), chat.sees)
        inputs = loaded._inputs(requests[:16], blobs)

        def bare() -> int:
            with torch.inference_mode():
                loaded._model.generate(**inputs, max_new_tokens=64, do_sample=False)
            return 2 * len(requests[:16])

        def worker() -> int:
            return 2 * len(chat.complete(requests))

        return {"model": "Qwen2.5-VL-3B", "revision": chat.revision, **self.compare(worker, bare)}

    def drawing(self, folder: Path) -> dict[str, Any]:
        """Two seeds of each recaption, 28 steps."""
        import torch

        checkpoint = tiny.stable_diffusion_3(folder) if self.small else gpu_models.save_drawer(folder)
        size, steps = ("32x32", 2) if self.small else ("1024x1024", 28)
        settings = DrawingModel(device=self.device, batch=4, size=size, steps=steps, references=False)
        handle = DiffusersDrawer(str(checkpoint), settings)
        drawer: Any = handle.load()
        requests = [
            DrawingRequest(recaption=f"Tiger {number // 2}.", language="en", references=(), seed=number)
            for number in range(8)
        ]
        width, height = settings.sides

        def bare() -> int:
            with torch.inference_mode():
                drawer._pipeline(
                    prompt=["A tiger."] * 4,
                    width=width,
                    height=height,
                    num_inference_steps=steps,
                    guidance_scale=settings.guidance,
                    output_type="pil",
                )
            return 4

        def worker() -> int:
            return len(drawer.draw(requests))

        return {
            "model": "Stable Diffusion 3 Medium",
            "revision": handle.revision,
            **self.compare(worker, bare),
        }


@contextmanager
def _busy() -> Iterator[list[float]]:
    """Percent busy of the first GPU, five samples a second, there when the block ends; empty without one."""
    samples: list[float] = []
    tool = shutil.which("nvidia-smi")
    if tool is None:
        yield samples
        return
    query = [tool, "-i", "0", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "200"]
    with subprocess.Popen(query, stdout=subprocess.PIPE, text=True) as watching:
        try:
            yield samples
        finally:
            watching.terminate()
            lines = (watching.communicate()[0] or "").split()
            samples += [float(line) for line in lines if line.isdigit()]


def _picture(number: int) -> Any:
    from PIL import Image

    dice = np.random.default_rng(number)
    coarse = Image.fromarray(dice.integers(0, 256, (24, 24, 3), dtype=np.uint8))
    return coarse.resize((768, 768), Image.Resampling.BICUBIC)


def _encoded(picture: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="Of each measurement.")
    parser.add_argument("--stages", default="embedding,judging,drawing")
    parser.add_argument("--tiny", action="store_true", help="Tiny models on a CPU; the figures mean nothing.")
    given = parser.parse_args()

    import torch

    if not given.tiny and not torch.cuda.is_available():
        report(
            "gpu", {"gpu": None, "note": "torch sees no GPU here: nothing was measured, nothing is claimed"}
        )
        return 0
    bench = Bench(small=given.tiny, seconds=given.seconds)
    figures: dict[str, Any] = {
        "gpu": None if given.tiny else torch.cuda.get_device_name(0),
        "torch": torch.__version__,
        "note": "tiny models on a CPU: no figure" if given.tiny else "random weights in the real shapes",
    }
    stages = given.stages.split(",")
    with tempfile.TemporaryDirectory() as folder:
        if "embedding" in stages:
            figures["embedding"] = bench.embedding()
        if "judging" in stages:
            figures["judging"] = bench.judging(Path(folder) / "vlm")
        if "drawing" in stages:
            figures["drawing"] = bench.drawing(Path(folder) / "drawer")
    report("gpu", figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
