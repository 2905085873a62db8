"""How the kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

# numba imports it inside its first call, to see whether there is a BLAS: half of that call's time. Here it is an import
# like the others, and a process that has its modules answers at once.
import scipy.linalg  # noqa: F401

F = TypeVar("F", bound=Callable[..., Any])
_NO_WRAPPERS = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def entry(function: F) -> F:
    """Called from Python. Its machine code, with all it calls, is kept beside its file, else in the user's cache.

    numba recompiles when that file changes, not when another does: what it calls must stand in the same file.
    """
    try:
        return cast(F, numba.njit(cache=True, error_model="numpy", nogil=True)(function))
    except RuntimeError:  # no folder to write to: compiled anew in each process
        return cast(F, numba.njit(error_model="numpy", nogil=True)(function))


def inner(function: F) -> F:
    """Called from other kernels only: no wrapper to unpack thirty arrays, which compiles longer than the code."""
    return cast(F, numba.njit(error_model="numpy", nogil=True, **_NO_WRAPPERS)(function))


def small(function: F) -> F:
    """Compiled into its caller: handing the tuples of arrays over costs more than these functions do."""
    return cast(F, numba.njit(error_model="numpy", nogil=True, forceinline=True, **_NO_WRAPPERS)(function))
