"""A mail server on a free port of this machine: its port, then one letter a line, as JSON."""

import asyncio
import email
import email.policy
import json

from aiosmtpd.smtp import SMTP


class Letters:
    async def handle_DATA(self, server, session, envelope):
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        told = {
            "to": envelope.rcpt_tos,
            "from": str(letter["from"]),
            "subject": str(letter["subject"]),
            "text": letter.get_body(("plain",)).get_content(),
        }
        print(json.dumps(told), flush=True)
        return "250 taken"


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Letters()), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


asyncio.run(main())
