"""Becomes another program: a child that dies with its parent, and without root's name where a program refuses root.

Run as a script, with nothing but the standard library:
``python -I -S launch.py PARENT_PID SIGNAL USER_ID GROUP_ID PROGRAM ARGUMENT...``; ids of -1 change nothing.

PostgreSQL refuses to run as root. As root the child takes another user's id, but keeps the right to pass through
folders (CAP_DAC_OVERRIDE, ambient), so that a checkout that lies in root's own home works as well.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def _become(user: int, group: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    kept = 1 << CAP_DAC_OVERRIDE
    data = (_Data * 2)(_Data(kept, kept, kept), _Data(0, 0, 0))
    if libc.capset(ctypes.byref(_Header(CAPABILITY_VERSION_3, 0)), data) == 0:
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def main(parent: int, death_signal: int, user: int, group: int, program: list[str]) -> None:
    """Drop rights, tie this process to its parent, become the program."""
    if user >= 0:
        _become(user, group)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:  # the parent died before this process was tied to it
            sys.exit(1)
    os.execv(program[0], program)  # noqa: S606  (the caller's own list, no shell)


if __name__ == "__main__":
    parent_pid, signal_number, user_id, group_id = map(int, sys.argv[1:5])
    main(parent_pid, signal_number, user_id, group_id, sys.argv[5:])
