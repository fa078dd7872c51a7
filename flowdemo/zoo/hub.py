"""Model folders from the Hugging Face Hub: the files a manifest may name, and no others."""

from __future__ import annotations

from pathlib import Path

from flowdemo.errors import ModelError

PATTERNS = ("manifest.json", "*.safetensors", "README.md", "autoencoder/*.json", "autoencoder/*.safetensors")


def download(repo: str, revision: str | None = None) -> Path:
    """Fetch ``owner/name`` into the Hub's own cache (honours ``HF_HOME``, ``HF_HUB_OFFLINE``, ``HF_TOKEN``).

    Raises:
        ModelError: the Hub cannot be reached, or has no such model.
    """
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(repo, revision=revision, allow_patterns=list(PATTERNS)))
    except Exception as error:  # the client raises errors of many families; none may reach a visitor as it is
        raise ModelError(f"The model {repo!r} is not shipped and could not be fetched from the Hub.") from error
