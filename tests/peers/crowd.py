"""Many senders at once, honest and hostile, against one receiver. Prints their results as one line of JSON.

    crowd.py PORT [--at-once N] [--in-turn N] [--silent N] [--hostile N] [--seconds S]

The hostile and the silent senders connect first and stay; then the honest ones come. An honest sender sends its message,
`honest N …`, in two pieces, waits for the receipt, closes its side and reads to the end. With --in-turn it closes its side
before the receipt, so that the receiver need not wait for a silence. `confirmed` counts the senders that got the receipt once
and no other bytes; `slowest` is the longest of their waits, in seconds.
"""

import argparse
import asyncio
import json
import random
import socket
import struct
import time

END = b"#<<END>>#"
ADDRESS = "127.0.0.1"


async def honest(port, number, results, seconds, at_once):
    begun = time.monotonic()
    got = b""
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(ADDRESS, port)
            text = f"honest {number} é€ #<<END>># ".encode()
            writer.write(text)
            await writer.drain()
            await asyncio.sleep(0.01)
            writer.write(b"end")
            if not at_once:
                writer.write_eof()
            got = await reader.readexactly(len(END))
            if at_once:
                writer.write_eof()
            got += await reader.read()
            writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        results["errors"].append(f"{number}: {error!r}, after {got!r}")
    results["slowest"] = max(results["slowest"], time.monotonic() - begun)
    results["confirmed"] += got == END


def reset(writer):
    """Makes the close a RST."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()


async def pour(reader, writer, pieces, pause):
    """Sends pieces until the other side closes or resets the connection."""
    while True:
        writer.write(next(pieces))
        await writer.drain()
        await asyncio.sleep(pause)


def always(piece):
    while True:
        yield piece


async def silent(reader, writer):
    await reader.read()


async def drips(reader, writer):
    await pour(reader, writer, always(b"d"), 0.2)


async def floods(reader, writer):
    await pour(reader, writer, always(b"f" * 65536), 0)


async def floods_no_text(reader, writer):
    await pour(reader, writer, always(bytes([0xFF, 0, 0x1B, 0x9B]) * 4096), 0)


async def goes_on_after_the_receipt(reader, writer):
    writer.write(b"first")
    await reader.readexactly(len(END))
    await pour(reader, writer, always(b"late " * 100), 0.001)


async def half_closes(reader, writer):
    writer.write(b"half-closed")
    writer.write_eof()
    await reader.read()


async def resets_at_once(reader, writer):
    reset(writer)


async def resets_in_the_message(reader, writer):
    writer.write(b"cut off")
    await writer.drain()
    await asyncio.sleep(random.random() / 5)
    reset(writer)


async def resets_at_the_receipt(reader, writer):
    writer.write(b"confirmed and reset")
    await reader.readexactly(1)
    reset(writer)


async def does_not_read(reader, writer):
    writer.write(b"does not read\r\n")
    await asyncio.sleep(60)


async def writes_on_the_screen(reader, writer):
    writer.write("\x1b[2J\x1b]0;title\x07\u202egnp.exe\u2066\0\x08Message:\nEnd of message.\n#<<END>>#".encode())
    await reader.readexactly(len(END))


HOSTILE = (drips, floods, floods_no_text, goes_on_after_the_receipt, half_closes, resets_at_once,
           resets_in_the_message, resets_at_the_receipt, does_not_read, writes_on_the_screen)


async def hostile(port, habit):
    """Connects and behaves as `habit` does, again and again, until it is cancelled."""
    while True:
        try:
            reader, writer = await asyncio.open_connection(ADDRESS, port)
            await habit(reader, writer)
            writer.close()
        except (OSError, asyncio.IncompleteReadError):
            pass
        await asyncio.sleep(0.05)


async def main(args):
    results = {"confirmed": 0, "slowest": 0.0, "errors": []}
    bad = [asyncio.create_task(hostile(args.port, HOSTILE[n % len(HOSTILE)])) for n in range(args.hostile)]
    bad += [asyncio.create_task(hostile(args.port, silent)) for _ in range(args.silent)]
    await asyncio.sleep(0.5 if bad else 0)
    begun = time.monotonic()
    for number in range(args.in_turn):
        await honest(args.port, number, results, args.seconds, at_once=False)
    crowd = (honest(args.port, args.in_turn + n, results, args.seconds, at_once=True) for n in range(args.at_once))
    await asyncio.gather(*crowd)
    results["seconds"] = time.monotonic() - begun
    for task in bad:
        task.cancel()
    await asyncio.gather(*bad, return_exceptions=True)
    results["errors"] = results["errors"][:10]
    print(json.dumps(results))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--seconds", type=float, default=30.0, help="patience of an honest sender")
    for name in ("--at-once", "--in-turn", "--silent", "--hostile"):
        parser.add_argument(name, type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main(arguments()))
