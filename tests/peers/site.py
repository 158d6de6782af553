#!/usr/bin/env python3
"""A news site on one address: DNS on UDP port 53, HTTP on 80, HTTPS on 443. Prints ok once all three listen."""

import gzip
import http.server
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

ADDRESS, FOLDER = sys.argv[1], tempfile.mkdtemp()
PAGE = b"""<html><head><title>The Daily Example</title></head>
<body><h1>Sunday, 6 November</h1><p>Rain in the north. Filler.</p></body></html>
"""
# The words lie across the end of the first segment of 1448 bytes.
LONG = b"." * 1440 + b"weather forecast" + b" and more" * 40


class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body, headers = {
            "/packed": (gzip.compress(b"Inside a gzip body: crossword answers"), {"Content-Encoding": "gzip"}),
            "/long": (LONG, {}),
        }.get(self.path, (PAGE, {}))
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        for header in headers.items():
            self.send_header(*header)
        if self.path == "/":
            self.send_header("Set-Cookie", "session=8f14e45f")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def answer_names(listener):
    while True:
        query, client = listener.recvfrom(512)
        head = query[:2] + b"\x81\x80" + query[4:6] + b"\x00\x01" + b"\x00" * 4
        record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04" + socket.inet_aton(ADDRESS)
        listener.sendto(head + query[12:] + record, client)


def certificate():
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-keyout", "key.pem",
                    "-out", "cert.pem", "-subj", "/O=Example Press/CN=news.example",
                    "-addext", "subjectAltName=DNS:news.example,DNS:www.news.example"],
                   cwd=FOLDER, check=True, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{FOLDER}/cert.pem", f"{FOLDER}/key.pem")
    return context


names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.bind((ADDRESS, 53))
plain = http.server.ThreadingHTTPServer((ADDRESS, 80), Site)
secure = http.server.ThreadingHTTPServer((ADDRESS, 443), Site)
secure.socket = certificate().wrap_socket(secure.socket, server_side=True)
for run, args in [(answer_names, (names,)), (plain.serve_forever, ()), (secure.serve_forever, ())]:
    threading.Thread(target=run, args=args, daemon=True).start()
print("ok", flush=True)
sys.stdin.read()
