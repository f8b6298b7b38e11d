"""Runs a command on a terminal, for somebody who types from a test.

usage: typist.py COLUMNS ROWS COMMAND...

What is printed goes to standard output. Lines of JSON on standard input: {"type": TEXT}, {"resize": [COLUMNS, ROWS]},
{"signal": NUMBER}. At the end of standard input the terminal is gone. When the command has ended, descriptor 3 tells with
which status, and whether the terminal is as it was found.
"""

import fcntl
import json
import os
import select
import signal
import struct
import sys
import termios


def resize(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def begin(slave, command):
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    os.closerange(3, 256)
    os.execvp(command[0], command)


def main():
    columns, rows, *command = sys.argv[1:]
    master, slave = os.openpty()
    resize(slave, int(columns), int(rows))
    found = termios.tcgetattr(slave)
    child = os.fork()
    if child == 0:
        begin(slave, command)
    told = b""
    sources = [0, master]
    while True:
        ready, _, _ = select.select(sources, [], [], 0.02)
        if master in ready:
            os.write(1, os.read(master, 65536))
            continue
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                os.close(slave)
                os.close(master)
                _, status = os.waitpid(child, 0)
                report(status, None)
                return
            *lines, told = (told + data).split(b"\n")
            for line in lines:
                for what, value in json.loads(line).items():
                    if what == "type":
                        os.write(master, value.encode())
                    elif what == "resize":
                        resize(master, *value)
                    else:
                        os.kill(child, value)
    report(status, termios.tcgetattr(slave) == found)


def report(status, restored):
    os.write(3, json.dumps({"status": os.waitstatus_to_exitcode(status), "restored": restored}).encode())


signal.signal(signal.SIGHUP, signal.SIG_IGN)
try:
    main()
except BrokenPipeError:
    pass  # the test is over
