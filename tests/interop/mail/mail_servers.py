"""Mail servers that others wrote, for mail_test.py: aiosmtpd, which says what the test wants, and Exim, which delivers."""
import email
import email.policy
import os
import pwd
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from urllib.parse import urlsplit

from program import PATIENCE, free_port

WORD = "correct-horse-battery"  # the password of the user "films"


class PostOffice:
    """What aiosmtpd asks us about: who exists, and what becomes of a mail."""

    def __init__(self):
        self.mails, self.logins, self.arrived = [], [], threading.Condition()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 There is no such mailbox"
        if address.startswith("later@"):
            return "450 4.2.0 Come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        with self.arrived:
            self.mails.append((envelope, session.ssl is not None))
            self.arrived.notify_all()
        if envelope.rcpt_tos[0].startswith("lost@"):
            server.transport.abort()  # taken, and gone before a word
        return "250 OK"

    def log_in(self, server, session, envelope, mechanism, data):
        from aiosmtpd.smtp import AuthResult
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password.decode() == WORD)

    def to(self, address):
        return [envelope for envelope, _ in self.mails if envelope.rcpt_tos == [address]]

    def letter(self, address, count=1):
        """The text of the last mail to an address, once so many are there."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.to(address)) >= count, 20 * PATIENCE), f"no mail to {address}"
            content = self.to(address)[-1].content
        return email.message_from_bytes(content, policy=email.policy.SMTPUTF8)


def code_in(letter):
    return re.search(r"(\d{4} \d{4})", letter.get_content())[1]


def link_in(letter):
    return urlsplit(re.search(r"^(http\S+)", letter.get_content(), re.M)[1])


def serve_mail(folder, office, **how):
    """A mail server at a port of 127.0.0.1."""
    from aiosmtpd.controller import Controller
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "mail.pem", folder / "mail.key")
    kind = how.pop("kind")
    tls = {"starttls": {"tls_context": context, "require_starttls": True}, "implicit": {"ssl_context": context}, "clear": {}}[kind]
    controller = Controller(office, hostname="127.0.0.1", port=free_port(), **tls, **how)
    controller.start()
    return controller


EXIM = """
keep_environment =
primary_hostname = mail.example.org
spool_directory = {folder}/exim/spool
log_file_path = {folder}/exim/%slog
pid_file_path = {folder}/exim/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {starttls} : {implicit}
tls_on_connect_ports = {implicit}
tls_advertise_hosts = *
tls_certificate = {folder}/exim/mail.pem
tls_privatekey = {folder}/exim/mail.key
smtputf8_advertise_hosts = *
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
acl_smtp_rcpt = rcpt
acl_smtp_data = data
begin acl
rcpt:
  deny !authenticated = *
       message = 550 5.7.1 log in first
  deny local_parts = nobody
       message = no such mailbox
  defer local_parts = later
        message = come back later
  accept
data:
  accept
begin routers
all:
  driver = accept
  transport = file
begin transports
file:
  driver = appendfile
  directory = {folder}/exim/mail
  maildir_format
  user = {user}
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{films}}}}{{eq{{$auth3}}{{{word}}}}}}}}}
  server_set_id = $auth2
"""


class Exim:
    """A mail server of Debian, which delivers into a folder. Both ports, mails only for those who have logged in."""

    def __init__(self, folder, program):
        self.home = folder / "exim"
        self.home.mkdir()
        for name in ("mail.pem", "mail.key"):
            shutil.copy(folder / name, self.home)
        user = "Debian-exim" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self.starttls, self.implicit = free_port(), free_port()
        config = self.home / "exim.conf"
        config.write_text(EXIM.format(folder=folder, starttls=self.starttls, implicit=self.implicit, user=user, word=WORD))
        folder.chmod(0o755)
        if os.geteuid() == 0:
            shutil.chown(self.home, user)
            for name in ("mail.pem", "mail.key"):
                shutil.chown(self.home / name, user)
        self.process = subprocess.Popen([program, "-C", config, "-bdf"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 20 * PATIENCE
        for port in (self.starttls, self.implicit):
            while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
                assert self.process.poll() is None and time.monotonic() < deadline, self.process.stdout.read()
                time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        self.process.communicate(timeout=20 * PATIENCE)

    def letter(self, address):
        deadline = time.monotonic() + 20 * PATIENCE
        while True:
            for path in (self.home / "mail/new").glob("*"):
                letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.SMTPUTF8)
                if address in letter["To"]:
                    return letter
            assert time.monotonic() < deadline, f"no mail to {address}: " + "".join(log.read_text() for log in self.home.glob("*log"))
            time.sleep(0.05)


def make_certificates(folder):
    """mail.pem for 127.0.0.1, and other.pem of somebody else."""
    for name, subject in (("mail", "127.0.0.1"), ("other", "192.0.2.1")):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", f"/CN={subject}",
                        "-addext", f"subjectAltName=IP:{subject}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"], check=True, capture_output=True)
