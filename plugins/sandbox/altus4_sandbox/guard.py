"""The process between us and a server: its one child dies, and its folder goes, when we do, however we die.

Run as a script (`python -I -S guard.py LOCK_FD FOLDER LOG INPUT COMMAND...`) by guarded.py, which documents the
protocol. It uses the standard library alone and has one thread: Linux sends PR_SET_PDEATHSIG when the *thread*
that made the child ends, so a server started from a thread pool would die with the pool's thread. It leads a
session of its own, so that Ctrl-C in a terminal reaches the starting process only.

Where PR_SET_PDEATHSIG does not exist (not Linux) a guard killed with -9 leaves its server running; the server
still holds the folder's lock, so nobody removes its data under it.
"""

import contextlib
import ctypes
import os
import select
import shutil
import signal
import sys

_PR_SET_PDEATHSIG = 1
_SIGNALS = {
    b"t": (signal.SIGCONT, signal.SIGTERM),
    b"k": (signal.SIGKILL,),
    b"s": (signal.SIGSTOP,),
    b"c": (signal.SIGCONT,),
}


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Have the kernel send `number` to this process when the thread that made it ends; does nothing elsewhere."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)


def _spawn(command: list[str], log: str, script: str) -> int:
    guard = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        die_with_parent()
        if os.getppid() != guard:
            # The guard died before the request reached the kernel.
            os._exit(127)
        os.setpgid(0, 0)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(os.open(script, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        # No shell: the guard runs exactly what its starter names.
        os.execv(command[0], command)  # noqa: S606
    finally:
        os._exit(127)


def _signal(pid: int, numbers: tuple[int, ...]) -> None:
    for number in numbers:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            # The group, not the process: a candidate may be a shell script that runs the server without exec.
            os.killpg(pid, number)


def main(arguments: list[str]) -> None:
    """Start the command, obey one-letter commands on standard input, report the end on standard output."""
    lock, folder, log, script = arguments[:4]
    command = arguments[4:]
    starter = os.getppid()
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    os.set_inheritable(int(lock), True)
    pid = _spawn(command, log, script)
    with contextlib.suppress(BrokenPipeError):
        os.write(1, b"pid %d\n" % pid)
    orphaned = False
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            break
        # The end of the pipe tells at once; the parent's number tells even when a forked sibling holds the pipe open.
        ready, _, _ = select.select([0, wake], [], [], 0.5)
        if wake in ready:
            os.read(wake, 512)
        letter = os.read(0, 1) if 0 in ready else None
        if letter == b"" or os.getppid() != starter:
            orphaned = True
            _signal(pid, (signal.SIGKILL,))
            _, status = os.waitpid(pid, 0)
            break
        _signal(pid, _SIGNALS.get(letter or b"", ()))
    # Helpers of the server, should it have left any behind.
    _signal(pid, (signal.SIGKILL,))
    if orphaned:
        shutil.rmtree(folder, ignore_errors=True)
        return
    with contextlib.suppress(BrokenPipeError):
        os.write(1, b"exit %d\n" % os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main(sys.argv[1:])
