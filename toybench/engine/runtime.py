"""How JAX is started: flags that make compiling small programs cheap, and what a record says of the machine."""

import contextlib
import hashlib
import os
import subprocess
import sys
import time
import warnings
from functools import cache
from importlib.metadata import entry_points, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import platformdirs

from toybench.evidence.records import Environment
from toybench.plugins.registry import HOME, PACKAGE

# Small programs spend their time in the compiler. Without MLIR's fusion emitters that is half as long; level 1 and
# cheap LLVM passes save a little more. But the emitters make loops over vectors three to ten times as fast, so updates
# get them (docs/performance.md).
FLAGS = {
    "xla_backend_optimization_level": "1",
    "xla_llvm_disable_expensive_passes": "true",
    "xla_cpu_use_fusion_emitters": "false",
}
_LONG = 50  # updates in a loop that is worth it
_UPDATES = {"xla_cpu_use_fusion_emitters": True}
_CACHE_BYTES = 2**30
_HOUR = 3600.0  # seconds


def configure(workers: int = 1) -> None:
    """Set what the user hasn't set of XLA's flags, of an accelerator's memory and of JAX's cache of compiled programs.

    The flags are without effect once JAX has started its backend, the cache's settings once JAX was imported; worker
    processes inherit both. `JAX_ENABLE_COMPILATION_CACHE=false` turns the cache off. An accelerator is shared by
    `workers` processes: each takes what it needs, up to its part.
    """
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    if workers > 1:
        os.environ.setdefault("XLA_PYTHON_CLIENT_MEM_FRACTION", f"{0.9 / workers:.3f}")
    flags = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = " ".join([flags, *(f for k, f in _written().items() if k not in flags)]).strip()
    _configure_cache()


def _configure_cache() -> None:
    """JAX's cache of compiled programs: the user's own, or ours; none where nothing can be written.

    JAX itself can bound its cache, but then it looks through the whole of it under a lock whenever it keeps a program,
    and processes side by side wait for each other. Ours is bounded here, when a process starts.
    """
    ours = platformdirs.user_cache_path("toybench") / "xla"
    chosen = Path(os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(ours)))
    if chosen != ours:
        return
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
    warnings.filterwarnings("ignore", message="Error reading persistent compilation cache entry")  # it is compiled anew
    if _can_write(ours):
        _prune(ours)
    else:  # JAX would complain at every compilation
        os.environ.setdefault("JAX_ENABLE_COMPILATION_CACHE", "false")


def _can_write(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def _written() -> dict[str, str]:
    return {name: f"--{name}={value}" for name, value in FLAGS.items()}


def options(updates: int) -> dict[str, bool]:
    """Options to compile a loop of so many updates with; none where the user's own flags are in force."""
    ours = os.environ.get("XLA_FLAGS", "").endswith(" ".join(_written().values()))
    return _UPDATES if ours and updates >= _LONG else {}


def _prune(folder: Path) -> None:
    """Remove the least recently used programs beyond the bound, once an hour at most."""
    looked = folder / ".pruned"
    with contextlib.suppress(OSError):  # a full disk, or a process that does the same
        if looked.exists() and time.time() - looked.stat().st_mtime < _HOUR:
            return
        looked.touch()
        left = _CACHE_BYTES
        for _, size, path in sorted(map(_used, folder.glob("*-cache")), reverse=True):
            left -= size
            if left < 0:
                path.unlink(missing_ok=True)


def _used(path: Path) -> tuple[float, int, Path]:
    """When a file was last used, and its size in bytes."""
    stat = path.stat()
    return max(stat.st_atime, stat.st_mtime), stat.st_size, path


@cache
def environment() -> Environment:
    """Versions, device and commit, as records keep them."""
    return Environment(
        commit=_git("rev-parse", "--short=12", "HEAD"),
        dirty=bool(_git("status", "--porcelain", "--untracked-files=no")),
        python=".".join(map(str, sys.version_info[:3])),
        jax=version("jax"),
        numpy=version("numpy"),
        **_device(),
        xla_flags=os.environ.get("XLA_FLAGS", ""),
    )


def _device() -> dict[str, Any]:
    """Device and precision flags; JAX takes a second to import and isn't asked where only one answer is possible."""
    asked = any(name in os.environ for name in ("JAX_ENABLE_X64", "JAX_DEFAULT_MATMUL_PRECISION"))
    accelerators = [*entry_points(group="jax_plugins"), *filter(find_spec, ("jax_plugins", "libtpu"))]
    platforms = os.environ.get("JAX_PLATFORMS", "" if accelerators else "cpu")
    if "jax" not in sys.modules and platforms == "cpu" and not asked:
        return {"device": "cpu", "x64": False, "matmul_precision": "default"}
    import jax

    return {
        "device": jax.devices()[0].device_kind,
        "x64": bool(jax.config.jax_enable_x64),  # type: ignore[attr-defined]
        "matmul_precision": str(jax.config.jax_default_matmul_precision or "default"),  # type: ignore[attr-defined]
    }


def differences(recorded: Environment) -> str:
    """How the environment of a record differs from this one, where that may change numbers; empty if it doesn't."""
    here = environment()
    names = ("jax", "numpy", "device", "x64", "matmul_precision", "xla_flags")
    pairs = [(n, getattr(recorded, n), getattr(here, n)) for n in names]
    return ", ".join(f"{n} {old or 'none'} (here {new or 'none'})" for n, old, new in pairs if old != new)


def versions(roots: list[str]) -> dict[str, str]:
    """What two processes must have in common to give the same records; `roots` are added folders of plug-ins."""
    return {
        "Python": ".".join(map(str, sys.version_info[:3])),
        "jax": version("jax"),
        "numpy": version("numpy"),
        "code": _tree([PACKAGE, *(root / kind for root in (HOME, *map(Path, roots)) for kind in ("tasks", "methods"))]),
    }


def _tree(folders: list[Path]) -> str:
    """Hash of every Python file below some folders."""
    found = hashlib.sha256()
    for part in folders:
        for file in sorted(part.rglob("*.py")):
            found.update(f"{file.relative_to(part)}:{hashlib.sha256(file.read_bytes()).hexdigest()};".encode())
    return found.hexdigest()[:16]


def _git(*args: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(HOME), *args], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
