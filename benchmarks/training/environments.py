"""An environment for every peer, since their needs and ours do not go together.

`python -m benchmarks.training.environments rectools` makes that of one, which prints its Python.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).parent
ENVIRONMENTS = Path(".peers")


def python_of(peer: str, environments: Path) -> Path:
    """The peer's Python; installs it first if it is not there (gigabytes: PyTorch).

    Args:
        peer: Name of `<peer>.txt`, its requirements.
        environments: Directory of all environments.
    """
    python = environments / peer / "bin" / "python"
    done = environments / peer / ".installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", environments / peer], check=True)
        needs = REQUIREMENTS / f"{peer}.txt"
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", needs], check=True)
        done.touch()
    return python


if __name__ == "__main__":
    print(python_of(sys.argv[1], ENVIRONMENTS.absolute()))
