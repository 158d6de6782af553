#!/bin/sh
# A newcomer's path on one machine: doctor, the two hosts, probing a Python program, a capture of it, the check and the
# report. LABKIT is the path of labkit's program; the files stay in the folder that is the first argument.
#   cargo build --release && LABKIT=target/release/labkit tests/newcomer.sh /tmp/newcomer
set -eu

here=$(cd "$(dirname "$0")" && pwd)
labkit=$(command -v "${LABKIT:-labkit}")
case $labkit in /*) ;; *) labkit=$PWD/$labkit ;; esac
mkdir -p "$1" && cd "$1"
cp "$here/peers/communication.py" .
name=newcomer-$$
host() { "$labkit" lab exec --name "$name" host -- "$@"; }
guest() { "$labkit" lab exec --name "$name" guest -- "$@"; }
trap '"$labkit" lab down --name "$name" >/dev/null' EXIT

say() { printf '\n$ %s\n' "$*"; }

say labkit lab up
"$labkit" lab up --name "$name" | head -1

say "labkit lab exec guest -- labkit doctor"
guest labkit doctor

say "labkit lab exec guest -- python3 communication.py    # there, 2 for each of the 12 messages"
say "labkit lab exec host -- labkit probe 192.168.56.101"
# Plays a user who chooses to receive each time that the menu comes back.
yes 2 | guest sh -c 'echo $$ >receiver.pid; exec python3 communication.py' >receiver.txt 2>&1 &
receiver=$!
host labkit probe 192.168.56.101 2>/dev/null
kill "$(cat receiver.pid)"
wait "$receiver" || true

say "labkit lab run --with 'python3 communication.py'"
"$labkit" lab run --out . --force --with 'python3 communication.py' >run.txt
sed -n '/^── Step 1/,/^── Step 2/p' run.txt | grep -v '^sniff'
sed -n '/^── The program/,$p' run.txt

say "labkit sniff -i enp0s3 -w own.pcapng    # on the guest, while the host sends"
: >received.txt
guest labkit receive >received.txt &
receiver=$!
: >sniff.txt
guest labkit sniff -i enp0s3 -w own.pcapng -c 10 --seconds 30 tcp port 65432 >rows.txt 2>sniff.txt &
sniff=$!
until grep -q 'Waiting' received.txt && grep -q 'capturing on' sniff.txt; do kill -0 "$sniff" "$receiver"; sleep 0.05; done
host labkit send --to 192.168.56.101 --message 'Hello guest operating system'
wait "$sniff" "$receiver"
cut -c1-100 rows.txt | head -4

say labkit check capture1.pcapng
"$labkit" check capture1.pcapng

say labkit report capture1.pcapng -o report.html
"$labkit" report capture1.pcapng -o report.html --force
ls report.html
