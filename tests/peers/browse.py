#!/usr/bin/env python3
"""Visits the site of site.py as a browser would: names, three pages over HTTP, one each over TLS 1.2 and 1.3."""

import http.client
import socket
import ssl
import sys

ADDRESS = sys.argv[1]
AGENT = "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/118.0"
HEADERS = {
    "Host": "news.example",
    "User-Agent": AGENT,
    "Accept": "text/html",
    "Accept-Language": "en-GB,en;q=0.5",
    "Accept-Encoding": "gzip",
    "Referer": "http://search.example/?q=sunday",
    "Cookie": "reader=42",
    "X-Test": "1",
}


def ask(name):
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0\0\1\0\1"
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(10)
    client.sendto(b"\x12\x34\1\0\0\1\0\0\0\0\0\0" + question, (ADDRESS, 53))
    client.recv(512)


def get(connection, path):
    connection.request("GET", path, headers=HEADERS)
    connection.getresponse().read()


ask("news.example")
plain = http.client.HTTPConnection(ADDRESS, timeout=10)
for path in ["/?user=anna", "/packed", "/long"]:
    get(plain, path)
plain.close()
for version in [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    raw = socket.create_connection((ADDRESS, 443), timeout=10)
    secure = http.client.HTTPConnection(ADDRESS)
    secure.sock = context.wrap_socket(raw, server_hostname="www.news.example")
    get(secure, "/secret")
    secure.close()
