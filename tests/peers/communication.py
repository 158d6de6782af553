"""A communicator as the handout asks for: menu, send, receive. With a habit as its argument, one that goes wrong:

    communication.py [crashes | hangs | local | asks-again | shows-nothing | misses | once | other-words]
"""

import socket
import sys
import time

PORT = 65432
END = b"#<<END>>#"
HABIT = sys.argv[1] if len(sys.argv) > 1 else "none"


def collect(peer, enough):
    """Reads until `enough` accepts the bytes so far, or until a short silence or the other side's close."""
    data = b""
    try:
        while not enough(data) and (more := peer.recv(1024)):
            data += more
    except TimeoutError:
        pass
    return data


def ask_address():
    address = input("Enter Recipient IP: ")
    while HABIT == "asks-again":
        print("Error not a valid IPv4 Address:")
        address = input("Enter Recipient IP: ")
    return address


def ask():
    if HABIT == "other-words":
        address = input("To which address? ")
        return input("Your text> "), address
    return input("Enter Message (max 4096 characters): "), ask_address()


def send():
    message, address = ask()
    print("Sending.")
    with socket.socket() as peer:
        try:
            peer.settimeout(30.0)
            peer.connect((address, PORT))
            peer.sendall(message.encode())
            answer = collect(peer, lambda data: len(data) >= len(END))
        except OSError:
            print("Message sending error. Message not sent.")
            return
    print("Message sent successfully." if answer == END and HABIT != "misses" else "Message receipt failed.")


def receive():
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1" if HABIT == "local" else "", PORT))
        listener.listen()
        print("Waiting for message on port", PORT)
        peer, (address, _) = listener.accept()
    with peer:
        print(f"Connected by ({address})")
        try:
            confirm(peer)
        except OSError as error:
            print("Error, the connection broke:", error)


def confirm(peer):
    if HABIT == "crashes":
        raise ValueError("cannot go on \x1b[2J")
    peer.settimeout(0.6)
    message = collect(peer, lambda data: False)
    if HABIT != "shows-nothing":
        print("Message:")
        print(message.decode())
    peer.sendall(END)
    print("End of message.")
    peer.settimeout(5)
    collect(peer, lambda data: False)


def menu():
    entries = {"1": send, "2": receive}
    if HABIT == "other-words":
        entries = {"S": send, "R": receive}
        print("[R] Receive\n[S] Send\n[Q] Quit\nYour choice?")
        choice = input()
    else:
        print("===The Python Communicator===\n1) send message\n2) receive message\n0) exit")
        choice = input("Enter option: ")
    if choice in entries:
        entries[choice]()
    elif choice in ("0", "Q"):
        print("\nGoodbye!")
        sys.exit()
    else:
        print("Error, invalid input")


if __name__ == "__main__":
    while HABIT == "hangs":
        time.sleep(1)
    menu()
    while HABIT not in ("once", "once-late"):
        menu()
    if HABIT == "once-late":
        # As on a machine that is so busy that the program ends long after its last words.
        time.sleep(1)
