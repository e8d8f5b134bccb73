"""Checkpoints with random weights in the shapes of real models, saved to a folder and loaded like real ones.

Shapes are those of the published configurations: Qwen2.5-VL-3B-Instruct (config.json) and Stable Diffusion 3
Medium (transformer/, vae/ and text_encoder*/config.json), without its T5, which the model can leave out.
Tokenizers know bytes alone: they decide what a text means, not how long a pass takes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.workers import tiny

QWEN_TEXT = {
    "hidden_size": 2048,
    "intermediate_size": 11008,
    "num_hidden_layers": 36,
    "num_attention_heads": 16,
    "num_key_value_heads": 2,
    "vocab_size": 151936,
    "max_position_embeddings": 128000,
    "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]},
    "tie_word_embeddings": True,
}
QWEN_VISION = {
    "depth": 32,
    "hidden_size": 1280,
    "intermediate_size": 3420,
    "num_heads": 16,
    "out_hidden_size": 2048,
    "fullatt_block_indexes": [7, 15, 23, 31],
}
SD3_TRANSFORMER = {
    "sample_size": 128,
    "patch_size": 2,
    "in_channels": 16,
    "out_channels": 16,
    "num_layers": 24,
    "attention_head_dim": 64,
    "num_attention_heads": 24,
    "caption_projection_dim": 1536,
    "joint_attention_dim": 4096,
    "pooled_projection_dim": 2048,
    "pos_embed_max_size": 192,
}
SD3_VAE = {
    "sample_size": 1024,
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 2,
    "latent_channels": 16,
    "scaling_factor": 1.5305,
    "shift_factor": 0.0609,
}
CLIP_L = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
    "projection_dim": 768,
}
CLIP_BIG_G = {
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "num_attention_heads": 20,
    "num_hidden_layers": 32,
    "projection_dim": 1280,
}


def save_vlm(folder: Path) -> Path:
    """3.75 billion weights, 7 GiB on disk."""
    return tiny.qwen_vl(folder, QWEN_TEXT, QWEN_VISION, longest=1024 * 1024, build=_in_halves)


def save_drawer(folder: Path) -> Path:
    """2.1 billion weights of the transformer and 0.8 of the text encoders, 6 GiB on disk."""
    return tiny.stable_diffusion_3(folder, SD3_TRANSFORMER, SD3_VAE, (CLIP_L, CLIP_BIG_G), build=_in_halves)


def _in_halves(make: Any) -> Any:
    """The model, made on the GPU in bfloat16: billions of random numbers are slow on a CPU."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device("cuda"):
            return make()
    finally:
        torch.set_default_dtype(before)
