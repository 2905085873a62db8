"""How the kernel is compiled, and when what was compiled before may be used.

1. numba keeps an entry's machine code and compiles anew when the entry's file changes. It does not see what came from
   other files and is frozen in as well: the places of a tuple's fields, the layout of a row, the number that stands for
   a reason, the rounding rule.
2. So a digest of every file of this folder, and of that of the price limits, is part of the name under which the code
   is kept; the kernel takes nothing else from the package.
3. A cache that fails is no error: the process then compiles for itself.
"""

from __future__ import annotations

import functools
import inspect
import pickle
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

# numba imports it inside its first call, to see whether there is a BLAS: half of that call's time. Here it is an import
# like the others, and a process that has its modules answers at once.
import scipy.linalg  # noqa: F401

from screener.core.price_rules import __file__ as _PRICE_RULES

F = TypeVar("F", bound=Callable[..., Any])
# What the kernel is made of beside its own file: tuples, rows, constants, rounding, and the options below.
PARTS = (*map(str, sorted(Path(__file__).parent.glob("*.py"))), _PRICE_RULES)
_NO_WRAPPERS = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def entry(function: F) -> F:
    """Called from Python. Its machine code, with all it calls, is kept beside its file, else in the user's cache.

    It is compiled anew when its file or one of PARTS changes: all that it calls or takes from the package must stand
    in them.
    """
    uncached = numba.njit(error_model="numpy", nogil=True)(function)
    try:
        function.__qualname__ += f"-{_digest(inspect.getfile(function))}"
        cached = numba.njit(cache=True, error_model="numpy", nogil=True)(function)
    except (RuntimeError, OSError):  # no folder to write to
        return cast(F, uncached)

    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        try:
            return cached(*arguments)
        except (EOFError, pickle.UnpicklingError):  # a file cut off: empty the cache, and fill it again
            with suppress(OSError):
                cached.recompile()
        except OSError:  # a full disk: compiled, but not kept; the next call needs no disk
            pass
        try:
            return cached(*arguments)
        except (OSError, EOFError, pickle.UnpicklingError):
            return uncached(*arguments)

    return cast(F, call)


def _digest(file: str) -> str:
    return sha256(b"\0".join(Path(part).read_bytes() for part in (file, *PARTS))).hexdigest()[:12]


def inner(function: F) -> F:
    """Called from other kernels only: no wrapper to unpack thirty arrays, which compiles longer than the code."""
    return cast(F, numba.njit(error_model="numpy", nogil=True, **_NO_WRAPPERS)(function))


def small(function: F) -> F:
    """Compiled into its caller: handing the tuples of arrays over costs more than these functions do."""
    return cast(F, numba.njit(error_model="numpy", nogil=True, forceinline=True, **_NO_WRAPPERS)(function))
