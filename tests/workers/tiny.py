"""Checkpoints in the form of real ones, shrunk to a few thousand random weights, made and saved by the tests.

The GPU benchmark makes them in their full shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tokenizers.pre_tokenizers import ByteLevel

CHAT_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.content is string %}{{ m.content }}{% else %}"
    "{% for p in m.content %}{% if p.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% else %}"
    "{{ p.text }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""Qwen2.5-VL's, without tools and videos."""
SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
BYTES = sorted(ByteLevel.alphabet())


QWEN_TEXT: Mapping[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 263,
    "max_position_embeddings": 2048,
    "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [1, 1, 2]},
}
QWEN_VISION: Mapping[str, Any] = {
    "depth": 2,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_heads": 2,
    "out_hidden_size": 32,
    "fullatt_block_indexes": [1],
}
SD3_TRANSFORMER: Mapping[str, Any] = {
    "sample_size": 32,
    "patch_size": 1,
    "in_channels": 4,
    "out_channels": 4,
    "num_layers": 1,
    "attention_head_dim": 8,
    "num_attention_heads": 4,
    "caption_projection_dim": 32,
    "joint_attention_dim": 32,
    "pooled_projection_dim": 64,
}
SD3_VAE: Mapping[str, Any] = {
    "sample_size": 32,
    "block_out_channels": (4,),
    "layers_per_block": 1,
    "latent_channels": 4,
    "norm_num_groups": 1,
    "shift_factor": 0.0609,
    "scaling_factor": 1.5035,
}
CLIP: Mapping[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 37,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "projection_dim": 32,
}

Build = Callable[[Callable[[], Any]], Any]
"""Calls what makes a model: on another device or in another data type, if it likes."""


def as_it_is(make: Callable[[], Any]) -> Any:
    return make()


def seed() -> None:
    import torch

    torch.manual_seed(0)


def qwen_tokenizer() -> Any:
    """Bytes and the special tokens of Qwen2.5-VL; 263 ids."""
    import transformers

    vocabulary = {token: number for number, token in enumerate([*BYTES, *SPECIAL])}
    tokenizer = transformers.Qwen2Tokenizer(
        vocab=vocabulary, merges=[], eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    tokenizer.add_special_tokens({"additional_special_tokens": list(SPECIAL)})
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def qwen_vl(
    folder: Path,
    text: Mapping[str, Any] = QWEN_TEXT,
    vision: Mapping[str, Any] = QWEN_VISION,
    longest: int = 112 * 112,
    build: Build = as_it_is,
) -> Path:
    """A Qwen2.5-VL; `longest`: pixels of a picture at most."""
    import transformers

    tokenizer = qwen_tokenizer()
    stops = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    config = transformers.Qwen2_5_VLConfig(
        text_config={**text, **stops, "bos_token_id": None},
        vision_config=dict(vision),
        image_token_id=tokenizer.convert_tokens_to_ids("<|image_pad|>"),
        video_token_id=tokenizer.convert_tokens_to_ids("<|video_pad|>"),
        vision_start_token_id=tokenizer.convert_tokens_to_ids("<|vision_start|>"),
        vision_end_token_id=tokenizer.convert_tokens_to_ids("<|vision_end|>"),
        tie_word_embeddings=text.get("tie_word_embeddings", False),
    )
    seed()
    build(lambda: transformers.Qwen2_5_VLForConditionalGeneration(config)).save_pretrained(folder)
    transformers.Qwen2_5_VLProcessor(
        transformers.Qwen2VLImageProcessor(size={"shortest_edge": 56 * 56, "longest_edge": longest}),
        tokenizer,
        transformers.Qwen2VLVideoProcessor(),
        chat_template=CHAT_TEMPLATE,
    ).save_pretrained(folder)
    return folder


def clip_tokenizer() -> Any:
    import transformers

    words = [*BYTES, *(f"{byte}</w>" for byte in BYTES), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: number for number, token in enumerate(words)}
    return transformers.CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77)


def clip_text(tokenizer: Any, shape: Mapping[str, Any]) -> Any:
    import transformers

    config = transformers.CLIPTextConfig(
        **shape,
        vocab_size=len(tokenizer),
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    seed()
    return transformers.CLIPTextModelWithProjection(config).eval()


def stable_diffusion_3(
    folder: Path,
    transformer: Mapping[str, Any] = SD3_TRANSFORMER,
    vae: Mapping[str, Any] = SD3_VAE,
    encoders: Sequence[Mapping[str, Any]] = (CLIP, CLIP),
    build: Build = as_it_is,
) -> Path:
    """Stable Diffusion 3 without its third text encoder, which the real one can leave out too."""
    import diffusers

    tokenizer = clip_tokenizer()
    seed()
    diffusers.StableDiffusion3Pipeline(
        transformer=build(lambda: diffusers.SD3Transformer2DModel(**transformer)),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        vae=build(lambda: diffusers.AutoencoderKL(**vae, use_quant_conv=False, use_post_quant_conv=False)),
        text_encoder=build(lambda: clip_text(tokenizer, encoders[0])),
        tokenizer=tokenizer,
        text_encoder_2=build(lambda: clip_text(tokenizer, encoders[1])),
        tokenizer_2=tokenizer,
        text_encoder_3=None,
        tokenizer_3=None,
    ).save_pretrained(folder)
    return folder


def flux_2_klein(folder: Path) -> Path:
    """FLUX.2 klein, which draws from several references. Its text encoder is read at layers 9, 18 and 27."""
    import diffusers
    import transformers

    tokenizer = qwen_tokenizer()
    seed()
    encoder = transformers.Qwen3ForCausalLM(
        transformers.Qwen3Config(
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=27,
            num_attention_heads=2,
            num_key_value_heads=2,
            head_dim=8,
            vocab_size=263,
        )
    )
    transformer = diffusers.Flux2Transformer2DModel(
        patch_size=1,
        in_channels=4,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=48,
        axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False,
    )
    vae = diffusers.AutoencoderKLFlux2(
        sample_size=32,
        down_block_types=("DownEncoderBlock2D",),
        up_block_types=("UpDecoderBlock2D",),
        block_out_channels=(4,),
        layers_per_block=1,
        latent_channels=1,
        norm_num_groups=1,
        use_quant_conv=False,
        use_post_quant_conv=False,
    )
    diffusers.Flux2KleinPipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        vae=vae,
        text_encoder=encoder,
        tokenizer=tokenizer,
        transformer=transformer,
        is_distilled=True,
    ).save_pretrained(folder)
    return folder


def siglip(folder: Path) -> Path:
    import transformers

    tokenizer = clip_tokenizer()
    tower = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.SiglipConfig(
        text_config={**tower, "vocab_size": len(tokenizer), "max_position_embeddings": 64},
        vision_config={**tower, "image_size": 28, "patch_size": 14},
    )
    seed()
    transformers.SiglipModel(config).save_pretrained(folder)
    square = {"height": 28, "width": 28}
    transformers.SiglipImageProcessor(size=square).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def dinov2(folder: Path) -> Path:
    import transformers

    size = {"hidden_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2}
    seed()
    transformers.Dinov2Model(transformers.Dinov2Config(**size, image_size=28, patch_size=14)).save_pretrained(
        folder
    )
    square = {"height": 28, "width": 28}
    transformers.BitImageProcessor(size={"shortest_edge": 28}, crop_size=square).save_pretrained(folder)
    return folder
