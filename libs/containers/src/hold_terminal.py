"""Holds the terminal of a container from outside: pty(7) needs ioctls, which Node has not.

usage: hold_terminal.py PID COLUMNS ROWS

PID is the container's init. The terminal is one of the container's own /dev/pts, so that tty(1) knows it there. Its
number is the first line on standard output; what is printed on it follows, byte for byte. Standard input takes what is
typed: "i", four bytes of length, the bytes; and new sizes: "r", two bytes of columns, two of rows, all big endian. At the
end of standard input the terminal hangs up.
"""

import errno
import fcntl
import os
import select
import struct
import sys
import termios

# ioctl_tty(2), as all architectures but alpha, mips, powerpc and sparc number them
TIOCGPTN = 0x80045430
TIOCSPTLCK = 0x40045431
TIOCGPTPEER = 0x5441

CHUNK = 64 * 1024
#: What is still passed on of a shell that prints while it is hung up.
LAST_WORDS = 1024 * 1024


def open_terminal(init, columns, rows):
    master = os.open(f"/proc/{init}/root/dev/pts/ptmx", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(master, TIOCSPTLCK, struct.pack("i", 0))
    (number,) = struct.unpack("I", fcntl.ioctl(master, TIOCGPTN, b"\0" * 4))
    resize(master, columns, rows)
    # held open: a terminal that nobody has open yet would look hung up
    slave = fcntl.ioctl(master, TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    return master, slave, number


def resize(master, columns, rows):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def write_all(data):
    while data:
        data = data[os.write(1, data) :]


def read_terminal(master):
    """What was printed; None while there is nothing, b"" when nobody has it open any more."""
    try:
        return os.read(master, CHUNK)
    except BlockingIOError:
        return None
    except OSError as error:
        if error.errno == errno.EIO:
            return b""
        raise


def take(buffer, master):
    """Acts on the complete messages in `buffer`. Returns what is to be typed, and what is left of the buffer."""
    typed = b""
    while buffer:
        if buffer[:1] == b"r" and len(buffer) >= 5:
            resize(master, *struct.unpack(">HH", buffer[1:5]))
            buffer = buffer[5:]
        elif buffer[:1] == b"i" and len(buffer) >= 5 and len(buffer) >= (end := 5 + struct.unpack(">I", buffer[1:5])[0]):
            typed += buffer[5:end]
            buffer = buffer[end:]
        else:
            break
    return typed, buffer


def relay(master):
    typed, buffer = b"", b""
    poll = select.poll()
    while True:
        # more is read only when what came before was taken: who types ahead waits, and nothing piles up here
        poll.register(0, select.POLLRDHUP | (0 if typed else select.POLLIN))
        poll.register(master, select.POLLIN | (select.POLLOUT if typed else 0))
        events = dict(poll.poll())
        if events.get(master, 0) & select.POLLIN:
            write_all(read_terminal(master) or b"")
        if events.get(master, 0) & select.POLLOUT:
            typed = typed[os.write(master, typed) :]
        if not typed and events.get(0, 0) & select.POLLIN:
            data = os.read(0, CHUNK)
            if not data:
                return
            typed, buffer = take(buffer + data, master)
        elif events.get(0, 0):
            return


def last_words(master):
    left = LAST_WORDS
    while left > 0 and select.select([master], [], [], 0.05)[0]:
        data = read_terminal(master)
        if not data:
            return
        write_all(data)
        left -= len(data)


def main():
    init, columns, rows = (int(argument) for argument in sys.argv[1:])
    master, slave, number = open_terminal(init, columns, rows)
    write_all(b"%d\n" % number)
    relay(master)
    os.close(slave)
    last_words(master)


main()
