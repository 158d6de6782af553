#!/usr/bin/env python3
"""Makes the sheets in Word's and OpenDocument's format (needs python3-docx).

The Word file has the handout's layout: the questions in black, the answers behind or below them in colour, in runs
that Word cuts anywhere, a table, automatic numbering, and the second question labelled Q3. With fixed dates
each run makes the same bytes.
"""
import datetime
import pathlib
import re
import zipfile

import docx
from docx.shared import RGBColor

HERE = pathlib.Path(__file__).parent
LAB = (HERE.parents[2] / "labs/unsecure-tcp/lab.toml").read_text()
ASKED = re.findall(r'^asked = \["(.*)"\]$', LAB, re.M)
LABELS = ["Q1", "Q3", "Q3", "Q4", "Q5", "Q6", "Q7", "Q8", "Q9"]
INK = [RGBColor(0x00, 0x70, 0xC0), RGBColor(0x00, 0xB0, 0x50), RGBColor(0x70, 0x30, 0xA0)]

YUSUF = [
    "In step 3 the host OS uses port 37818 and connects to port 65432 of the guest OS. "
    "In step 4 the guest OS uses port 38200 and connects to port 65432 of the host OS.",
    "No. 65432 is the same each time because it is in our code, but the sender gets another port from its system.",
    "4 packets are exchanged before the payload.",
    "1 packet is exchanged between the message and #<<END>>#.",
    "The guest OS, to confirm that it has received the message.",
    "No, it is not the last packet. 4 packets follow: the ACK, two FIN, ACK and the last ACK.",
    "The SYN flag starts the connection.",
    "Send wrong packets from a third computer.",
    "It needs more than 1024 bytes, since we call recv(1024).",
]


def word(path):
    """Writes the handout's file with answers."""
    document = docx.Document()
    when = datetime.datetime(2022, 11, 7)
    document.core_properties.created = document.core_properties.modified = when
    document.core_properties.author = "Yusuf"
    document.add_heading("Project 2: Communication with Sockets", 0)
    table = document.add_table(rows=2, cols=3)
    for row, cells in enumerate([("Layer", "Unit", "Address"), ("Transport", "Segment", "Port number")]):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    document.add_heading("Task 2: Create a Filter", 1)
    for label, answer in [("Host IP Address: ", "192.168.56.1"), ("Guest IP Address:\t", "192.168.56.101")]:
        coloured(document.add_paragraph(label), answer, INK[0])
    document.add_paragraph("Type a copy of your filter below in a color other than black:")
    text = "ip.addr == 192.168.56.1 && ip.addr == 192.168.56.101 && tcp"
    coloured(document.add_paragraph(), "“" + text + "”", INK[1])
    document.add_heading("Task 3: Analyze Communication", 1)
    for step in ["Start both programs.", "Start capturing.", "Let the host send a message, then the guest."]:
        document.add_paragraph(step, style="List Number")
    for number, (label, asked, answer) in enumerate(zip(LABELS, ASKED, YUSUF)):
        paragraph = document.add_paragraph(f"{label}: {asked} ")
        if number % 3 == 1:
            paragraph = document.add_paragraph()
        coloured(paragraph, answer, INK[number % 3])
    document.save(path)
    stamp(path)


def coloured(paragraph, text, colour):
    """Adds the text in runs of uneven length, as Word leaves them after editing."""
    at = 0
    for length in [7, 1, 23, 400]:
        run = paragraph.add_run(text[at:at + length])
        run.font.color.rgb = colour
        at += length
        if at >= len(text):
            break


ADA = [
    ("Host IP Address: 192.168.56.1", "Guest IP Address: 192.168.56.101",
     "Filter: ip.addr == 192.168.56.1 && ip.addr == 192.168.56.101 && tcp"),
    ("Q1", "Host 37818 to guest 65432, then guest 38200 to host 65432."),
    ("Q2", "The receiver's 65432 stays, the sender's port changes."),
    ("Q3", "3 packets"),
    ("Q4", "5 from the SYN on, 1 from the message on"),
    ("Q5", "The receiver of the message (guest, then host) confirms with it that its program has it."),
    ("Q6", "No, 4 packets follow."),
    ("Q7", "Initial sequence numbers are synchronised."),
    ("Q8", "A forged RST"),
    ("Q9", "More than 1448 bytes"),
]


def open_document(path):
    """Writes a text document with headings, spans, a tab and a soft line break."""
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ["office", "text", "table"])
    escape = lambda t: t.replace("&", "&amp;").replace("<", "&lt;")
    body = [f"<text:p>{escape(line).replace(': ', ':<text:tab/>', 1)}</text:p>" for line in ADA[0]]
    for label, answer in ADA[1:]:
        half = len(answer) // 2
        body.append(f'<text:h text:outline-level="2">{label}</text:h>')
        body.append(f"<text:p><text:span>{escape(answer[:half])}</text:span>{escape(answer[half:])}<text:line-break/></text:p>")
    content = f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document-content {spaces} office:version="1.2"><office:body><office:text>{''.join(body)}</office:text></office:body></office:document-content>"""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype", (2022, 11, 7, 0, 0, 0)), "application/vnd.oasis.opendocument.text")
        archive.writestr(zipfile.ZipInfo("content.xml", (2022, 11, 7, 0, 0, 0)), content)


def stamp(path):
    """Writes the archive again with one date for all files, and without the thumbnail."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if not name.endswith(".jpeg")}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            info = zipfile.ZipInfo(name, (2022, 11, 7, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, part)


word(HERE / "class/47-yusuf-word.docx")
open_document(HERE / "class/67-ada-opendocument.odt")
