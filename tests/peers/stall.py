"""A server that keeps its client waiting: stall.py HABIT PORT. It prints LISTENING, and ends when its input is closed.

    never-accepts   the system completes the handshake, the program never takes the connection
    silent          reads the message and never answers
    drips           sends the marker, a byte each second
    begins          sends the beginning of the marker and hangs
"""

import socket
import sys
import threading
import time

END = b"#<<END>>#"


def drips(peer):
    for byte in END:
        peer.sendall(bytes([byte]))
        time.sleep(1)


def begins(peer):
    peer.sendall(END[:4])


def serve(listener, habit):
    peer, _ = listener.accept()
    peer.recv(65536)
    if habit != "silent":
        {"drips": drips, "begins": begins}[habit](peer)
    time.sleep(3600)


if __name__ == "__main__":
    habit, port = sys.argv[1], int(sys.argv[2])
    listener = socket.create_server(("127.0.0.1", port))
    print("LISTENING", flush=True)
    if habit != "never-accepts":
        threading.Thread(target=serve, args=(listener, habit), daemon=True).start()
    sys.stdin.read()
