"""A mail server by `aiosmtpd`: says its port, then each letter as a line of JSON, until standard input ends."""

import email
import email.policy
import json
import socket
import sys

from aiosmtpd.controller import Controller


class Handler:
    async def handle_DATA(self, server, session, envelope):
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        told = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "subject": letter["subject"],
            "auto": letter["auto-submitted"],
            "text": letter.get_content(),
            "defects": [str(defect) for defect in letter.defects],
        }
        print(json.dumps(told), flush=True)
        return "250 taken"


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
controller = Controller(Handler(), hostname="127.0.0.1", port=port)
controller.start()
print(port, flush=True)
sys.stdin.read()
controller.stop()
