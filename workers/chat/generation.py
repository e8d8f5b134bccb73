"""What a loaded chat model does with a batch of requests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from catalogs.blobs import BlobStore
from workers.chat.interface import ChatReply, ChatRequest, Message
from workers.chat.sampling import SeededSampling, seeds_of
from workers.chat.settings import ChatModel
from workers.chat.thoughts import answered
from workers.errors import ModelReplyError
from workers.quiet import hide_bars
from workers.showing import opened

_UNBOUNDED = 1 << 20
"""Tokens, for models that state no context length."""


class Generation:
    """A model with its tokenizer or processor, for all who ask it, each with settings of their own."""

    def __init__(self, checkpoint: Path, device: str, precision: str, *, sees: bool) -> None:
        import torch
        import transformers

        hide_bars()
        models: Any = transformers
        where: Path = checkpoint.parent if checkpoint.is_file() else checkpoint
        options = {"local_files_only": True} | (
            {"gguf_file": checkpoint.name} if checkpoint.is_file() else {}
        )
        self._processor: Any = None
        if sees:
            self._processor = models.AutoProcessor.from_pretrained(where, **options)
            self._tokenizer = self._processor.tokenizer
        else:
            self._tokenizer = models.AutoTokenizer.from_pretrained(where, **options)
        loader = models.AutoModelForImageTextToText if sees else models.AutoModelForCausalLM
        dtype = getattr(torch, precision)
        model = loader.from_pretrained(where, dtype=dtype, **options)
        self._model = model.to(device).eval().requires_grad_(False)
        # Shorter questions of a batch are filled up in front, so that all answers begin at the same place.
        self._tokenizer.padding_side = "left"
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        stops = model.generation_config.eos_token_id or self._tokenizer.eos_token_id
        self._stops: set[int] = set(stops if isinstance(stops, list) else [stops])
        # The checkpoint's own sampling (top_k, repetition penalty) would go beside ours, unrecorded.
        model.generation_config = models.GenerationConfig(
            eos_token_id=sorted(self._stops), pad_token_id=self._tokenizer.pad_token_id
        )
        text_config = model.config.get_text_config()
        self._context: int = getattr(text_config, "max_position_embeddings", None) or _UNBOUNDED

    def answer(
        self, requests: Sequence[ChatRequest], settings: ChatModel, blobs: BlobStore
    ) -> list[ChatReply]:
        """One reply a request, from one batch. `blobs` holds the pictures that messages name."""
        import torch

        inputs = self._inputs(requests, blobs)
        longest = inputs["input_ids"].shape[1]
        room = min(settings.max_tokens, self._context - longest)
        if room < 1:
            raise ModelReplyError(
                f"the dialogue has {longest} tokens and the model reads {self._context}: use a model with a "
                f"longer context"
            )
        processors: list[Any] = []
        if settings.temperature > 0:
            seeds = seeds_of(requests, settings.seed)
            processors = [SeededSampling(seeds, settings.temperature, settings.top_p, self._model.device)]
        with torch.inference_mode():
            rows = self._model.generate(
                **inputs, max_new_tokens=room, do_sample=False, logits_processor=processors
            )
        asked = inputs["attention_mask"].sum(dim=1).tolist()
        return [
            self._reply(request, row[longest:].tolist(), tokens)
            for request, row, tokens in zip(requests, rows, asked, strict=True)
        ]

    def _reply(self, request: ChatRequest, tokens: list[int], tokens_in: int) -> ChatReply:
        """Up to the first token that ends an answer; what follows fills the row up."""
        length = next((n for n, token in enumerate(tokens) if token in self._stops), len(tokens))
        text: str = self._tokenizer.decode(tokens[:length], skip_special_tokens=True)
        text = answered(text.strip(), in_json=request.schema is not None)
        return ChatReply(text=text, tokens_in=tokens_in, tokens_out=min(length + 1, len(tokens)))

    def _inputs(self, requests: Sequence[ChatRequest], blobs: BlobStore) -> Any:
        if self._processor is None:
            texts = [self._prompt(self._tokenizer, [_words(one) for one in r.messages]) for r in requests]
            tokens = self._tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
            return tokens.to(self._model.device)
        texts = [self._prompt(self._processor, [_parts(one) for one in r.messages]) for r in requests]
        shown = [sha256 for r in requests for message in r.messages for sha256 in message.images]
        pictures = [opened(blobs.get(sha256)) for sha256 in shown]
        inputs = self._processor(text=texts, images=pictures or None, return_tensors="pt", padding=True)
        return inputs.to(self._model.device, dtype=self._model.dtype)

    @staticmethod
    def _prompt(templates: Any, messages: list[dict[str, Any]]) -> str:
        text: str = templates.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        return text


def _words(message: Message) -> dict[str, Any]:
    return {"role": message.role, "content": message.text}


def _parts(message: Message) -> dict[str, Any]:
    """The text, then each picture behind its name."""
    parts = [{"type": "text", "text": message.text}]
    for number in range(1, len(message.images) + 1):
        parts += [{"type": "text", "text": f"image_{number}:"}, {"type": "image"}]
    return {"role": message.role, "content": parts}
