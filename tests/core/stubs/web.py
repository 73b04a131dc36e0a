# SPDX-License-Identifier: Apache-2.0
"""Stands in for a web process: answers every request with its process number."""

import argparse
import os
import signal
import socket
import sys

parser = argparse.ArgumentParser()
parser.add_argument("--fd", type=int)
listening = socket.socket(fileno=parser.parse_args().fd)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
while True:
    connection, _ = listening.accept()
    with connection:
        connection.recv(4096)
        body = str(os.getpid()).encode()
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
