#!/usr/bin/env python3
"""Makes `handshakes.pcapng` in this folder: OpenSSL's client and server agree in many ways, with many kinds of certificates.

    cargo build && tests/recordings/handshakes.py [LABKIT [FILE]]

Keys, random numbers and the day are different each time, so the file differs each time.
"""

import pathlib
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

from stage import GUEST, Sniff, Stage, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

SUBJECT = ("/C=US/ST=CA/L=SF/O=Org/OU=A/CN=www.lab.test/emailAddress=a@lab.test/serialNumber=42/DC=lab/UID=me/SN=Sur"
           "/GN=Given/title=Dr/businessCategory=Private/jurisdictionC=US/jurisdictionST=DE/dnQualifier=dnq/unstructuredName=un")
EXTENSIONS = """
[req]
distinguished_name=name
string_mask=utf8only
[name]
[authority]
basicConstraints=critical,CA:true,pathlen:0
keyUsage=critical,keyCertSign,cRLSign,digitalSignature
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid:always,issuer:always
nameConstraints=permitted;DNS:.lab.test,excluded;IP:10.0.0.0/255.0.0.0
certificatePolicies=1.3.6.1.4.1.11129.2.5.3,@policy
policyConstraints=requireExplicitPolicy:3
policyMappings=1.2.3:1.2.4
inhibitAnyPolicy=2
[policy]
policyIdentifier=2.23.140.1.2.1
CPS.1=http://cps.lab.test/
userNotice.1=@notice
[notice]
explicitText=UTF8:A notice
organization=Lab
noticeNumbers=1,2
[server]
basicConstraints=CA:false
keyUsage=critical,digitalSignature,keyEncipherment,keyAgreement
extendedKeyUsage=serverAuth,clientAuth,1.2.3.4.5
subjectAltName=@names
issuerAltName=email:ca@lab.test
crlDistributionPoints=lists
freshestCRL=URI:http://crl.lab.test/fresh
authorityInfoAccess=OCSP;URI:http://ocsp.lab.test/,caIssuers;URI:http://ca.lab.test/ca.crt
tlsfeature=status_request
nsComment=made for a test
nsCertType=server
1.2.3.4.5.6=ASN1:UTF8String:nobody knows
[lists]
fullname=URI:http://crl.lab.test/a.crl,URI:ldap://ldap.lab.test/cn=x
reasons=keyCompromise,CACompromise
[names]
DNS.1=www.lab.test
IP.1=192.168.56.101
IP.2=fd00::1
email.1=x@lab.test
URI.1=https://www.lab.test/
RID.1=1.2.3.4
otherName.1=1.3.6.1.4.1.311.20.2.3;UTF8:user@lab.test
dirName.1=directory
[directory]
C=DE
CN=Directory name
[plain]
subjectAltName=DNS:www.lab.test
"""


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def certificates(folder):
    """Makes the keys and certificates of the conversations, as files in `folder`."""
    (folder / "x.cnf").write_text(EXTENSIONS)
    kinds = {"ca": ["RSA"], "inter": ["EC", "ec_paramgen_curve:P-384"], "rsa": ["RSA"], "ed": ["ED25519"],
             "ec": ["EC", "ec_paramgen_curve:P-256"], "pss": ["RSA-PSS"]}
    for name, (kind, *options) in kinds.items():
        openssl(folder, "genpkey", "-algorithm", kind, *(w for o in options for w in ("-pkeyopt", o)), "-out", f"{name}.key")
    openssl(folder, "dsaparam", "-genkey", "-out", "dsa.key", "1024")
    openssl(folder, "dhparam", "-dsaparam", "-out", "dh.pem", "1024")
    self_signed = ["req", "-new", "-x509", "-days", "9", "-config", "x.cnf", "-extensions", "plain"]
    openssl(folder, *self_signed, "-key", "ca.key", "-subj", "/C=DE/L=München/O=Lab/CN=Lab Root", "-utf8", "-out", "ca.crt")
    for name in ("ed", "dsa"):
        openssl(folder, *self_signed, "-key", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.crt")
    pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", "-sha256"]
    openssl(folder, *self_signed, "-key", "pss.key", *pss, "-subj", "/CN=pss", "-out", "pss.crt")
    signed = [("inter", "ca", "authority", "/O=Lab/CN=Lab Intermediate"), ("rsa", "inter", "server", SUBJECT),
              ("ec", "inter", "plain", "/CN=ec")]
    for name, issuer, section, subject in signed:
        openssl(folder, "req", "-new", "-key", f"{name}.key", "-subj", subject, "-config", "x.cnf", "-out", "request")
        openssl(folder, "x509", "-req", "-in", "request", "-CA", f"{issuer}.crt", "-CAkey", f"{issuer}.key", "-days", "9",
                "-CAcreateserial", "-extfile", "x.cnf", "-extensions", section, "-out", f"{name}.crt")
    (folder / "chain").write_bytes((folder / "rsa.crt").read_bytes() + (folder / "inter.crt").read_bytes())


WEAK = ":@SECLEVEL=0"
RSA, EC = "-key rsa.key -cert rsa.crt", "-key ec.key -cert ec.crt"
# Options of the server and of the client, and of the client's second connection.
CONVERSATIONS = [
    (f"{RSA} -cert_chain chain -tls1_2", "-servername www.lab.test -alpn h2,http/1.1 -status", None),
    (f"{EC} -alpn http/1.1", "-servername www.lab.test -alpn h2,http/1.1", None),
    (f"{EC} -groups P-384", "-groups X25519:P-384", None),
    (EC, "-sess_out session", "-sess_in session"),
    (f"{EC} -early_data", "-sess_out early", "-sess_in early -early_data x.cnf"),
    (f"{EC} -Verify 3 -CAfile ca.crt", "-cert ed.crt -key ed.key", None),
    ("-psk 1a2b3c -nocert", "-psk 1a2b3c", None),
    (f"{EC} -tls1_2", "-sess_out ticket", "-sess_in ticket"),
    (f"{EC} -tls1_2 -no_ticket", "-sess_out id -no_ticket", "-sess_in id -no_ticket"),
    (f"{EC} -tls1_2 -nextprotoneg http/1.1,spdy/3", "-tls1_2 -nextprotoneg http/1.1", None),
    (f"{EC} -tls1_2 -Verify 3 -CAfile ca.crt", "-cert ec.crt -key ec.key", None),
    (f"-key ca.key -cert ca.crt -tls1_2 -cipher AES128-SHA{WEAK}", f"-cipher AES128-SHA{WEAK}", None),
    (f"-key ca.key -cert ca.crt -tls1_2 -dhparam dh.pem -cipher DHE{WEAK}", f"-cipher DHE{WEAK} -maxfraglen 512", None),
    ("-key ed.key -cert ed.crt -tls1_2", "", None),
    ("-key pss.key -cert pss.crt -tls1_2", "", None),
    (f"-key dsa.key -cert dsa.crt -tls1_2 -dhparam dh.pem -cipher ALL{WEAK}", f"-cipher ALL{WEAK} -sigalgs DSA+SHA256", None),
    (f"-psk 1a2b3c -psk_hint hint -nocert -tls1_2 -cipher PSK{WEAK}", f"-psk 1a2b3c -psk_identity me -cipher PSK{WEAK}", None),
    (f"-nocert -tls1_2 -cipher aNULL{WEAK}", f"-cipher aNULL{WEAK}", None),
    (f"{EC} -tls1_1 -cipher ALL{WEAK}", f"-cipher ALL{WEAK}", None),
    (f"{EC} -tls1 -cipher ALL{WEAK}", f"-cipher ALL{WEAK}", None),
    (f"{EC} -tls1_3", "-tls1_2", None),
    (EC, "-tls1_2 -fallback_scsv", None),
]


def listens(stage, port):
    lines = stage.do("guest", "cat", "/proc/net/tcp").splitlines()[1:]
    return any(w[1].endswith(f":{port:04X}") and w[3] == "0A" for w in map(str.split, lines))


def client(stage, folder, port, options):
    program = stage.start("host", "openssl", "s_client", "-connect", f"{GUEST}:{port}", *options.split(),
                          stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder)
    time.sleep(0.2)
    try:
        program.communicate("green eggs\nQ\n", timeout=3)
    except (BrokenPipeError, subprocess.TimeoutExpired):
        program.kill()


def main():
    labkit = pathlib.Path((sys.argv + [ROOT / "target/debug/labkit"])[1]).resolve()
    file = pathlib.Path((sys.argv[1:] + [None] * 2)[1] or ROOT / "tests/recordings/handshakes.pcapng").resolve()
    with tempfile.TemporaryDirectory() as name, Stage(labkit) as stage:
        folder = pathlib.Path(name)
        certificates(folder)
        stage.no_offload()
        with Sniff(stage, file, filter="tcp"):
            for n, (server, first, again) in enumerate(CONVERSATIONS):
                # Half of the conversations use a port that does not tell the protocol.
                port = 443 if n % 2 == 0 else 8400 + n
                words = ["openssl", "s_server", "-accept", f"{GUEST}:{port}", *server.split()]
                program = stage.start("guest", *words, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder)
                wait_until("OpenSSL's server", lambda: listens(stage, port))
                for options in filter(lambda o: o is not None, (first, again)):
                    client(stage, folder, port, options)
                program.kill()
                program.wait()
                time.sleep(0.1)


if __name__ == "__main__":
    main()
