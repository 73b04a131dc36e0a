# SPDX-License-Identifier: Apache-2.0
"""The only page of a platform that cannot start because of a plugin; in development only.

It needs no template, no session and no database: whatever is broken, it names the plugin and the
hook. On a server the start stops instead (``core.serve.web``), because a platform that silently
lacks a module would let cases go unjudged.
"""

import html
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from core.host.errors import PluginError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def page(error: PluginError) -> str:
    """What the author reads."""
    where = f"钩子 <code>{html.escape(error.hook)}</code>" if error.hook else "装入时"
    cause = error.__cause__
    frame = ""
    trace = cause.__traceback__ if cause is not None else None
    while trace is not None:
        frame = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    place = f"<p><code>{html.escape(frame)}</code></p>" if frame else ""
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>插件 {html.escape(error.plugin)} 有误</title></head><body><main>"
        f"<h1>插件 {html.escape(error.plugin)} 有误，平台没有启动</h1>"
        f"<p>{where}：</p><pre>{html.escape(error.what)}</pre>{place}"
        "<p>改好保存，几秒后刷新这一页。这一页只在开发环境出现；正式环境里平台会拒绝启动并说明原因。</p>"
        "</main></body></html>"
    )


def application(error: PluginError) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """An ASGI application that answers everything with that page, and is alive to probes."""
    body = page(error).encode()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        alive = scope.get("path") == "/healthz"
        kind = b"application/json" if alive else b"text/html; charset=utf-8"
        await send(
            {
                "type": "http.response.start",
                "status": 200 if alive else 503,
                "headers": [
                    (b"content-type", kind),
                    (b"cache-control", b"no-store"),
                    (b"content-security-policy", b"default-src 'none'"),
                ],
            }
        )
        await send(
            {"type": "http.response.body", "body": b'{"status":"broken"}' if alive else body}
        )

    return answer
