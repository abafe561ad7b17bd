"""What tests need of the system that they run on."""

from __future__ import annotations

import os
import sys

import pytest

linux = pytest.mark.skipif(sys.platform != "linux", reason="it looks for processes in /proc")
pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
