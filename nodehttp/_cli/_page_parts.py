"""The constant parts of the pages: style and script, and the policy that allows these and nothing else."""

from __future__ import annotations

import base64
import hashlib

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #fff; --line: #e6e8ec; --text: #1c2024; --dim: #6b7280; --link: #1d5fd1; --tint: #eef4ff;
  --bad: #b91c1c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #101214; --card: #181b1f; --line: #2a2e34; --text: #e7e9ec; --dim: #949ba6; --link: #7fb0ff;
    --tint: #1c2533; --bad: #f87171;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 2.5rem 1rem 3rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main { max-width: 56rem; margin: 0 auto; }
h1 { margin: 0 0 1.25rem; font-size: 1.3rem; font-weight: 600; letter-spacing: -.01em; overflow-wrap: anywhere; }
h1 i { margin: 0 .35em; color: var(--dim); font-style: normal; font-weight: 400; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 6px; }
.card {
  overflow: hidden; background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  box-shadow: 0 1px 2px rgb(0 0 0 / .05), 0 8px 24px rgb(0 0 0 / .04);
}
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .55rem 1.1rem; text-align: left; }
th { color: var(--dim); font-size: .78rem; font-weight: 500; text-transform: uppercase; letter-spacing: .05em; }
td { border-top: 1px solid var(--line); }
tbody tr:hover { background: var(--tint); }
td:first-child { padding: 0; width: 100%; }
td a { display: flex; gap: .75rem; align-items: center; padding: .55rem 1.1rem; overflow-wrap: anywhere; }
td a:hover { text-decoration: none; }
td a svg { flex: none; width: 1.15rem; height: 1.15rem; fill: none; stroke: var(--dim); stroke-width: 1.5; }
.folder svg { fill: var(--tint); stroke: var(--link); }
.file { color: var(--text); }
.size, .time { white-space: nowrap; color: var(--dim); text-align: right; }
.empty { padding: 2.5rem 1.1rem; text-align: center; color: var(--dim); }
.drop {
  display: block; margin: 0 0 1.25rem; padding: 1.4rem 1rem; text-align: center; color: var(--dim); cursor: pointer;
  border: 1.5px dashed color-mix(in srgb, var(--dim) 50%, transparent); border-radius: 12px;
  background: var(--card); transition: .15s;
}
.drop:hover, .drop.over, .drop:focus-within { border-color: var(--link); background: var(--tint); }
.drop b { color: var(--link); font-weight: 500; }
.drop input { position: absolute; opacity: 0; width: 1px; height: 1px; }
.drop output { display: block; color: var(--text); }
.drop output.bad { color: var(--bad); }
footer { margin-top: 1rem; color: var(--dim); font-size: .85rem; display: flex; justify-content: space-between; }
.error { padding: 3.5rem 1.5rem; text-align: center; }
.error b { display: block; font-size: 3.5rem; line-height: 1.1; letter-spacing: -.03em; color: var(--link); }
.error h1 { margin: .3rem 0 0; }
.error p { margin: .4rem 0 0; color: var(--dim); }
@media (max-width: 34rem) { .time { display: none; } body { padding-top: 1.25rem; } }
"""

SCRIPT = """
const drop = document.querySelector(".drop"), says = drop.querySelector("output");
const put = (file, headers) => fetch(encodeURIComponent(file.name), { method: "PUT", body: file, headers });
async function send(files) {
  says.className = "";
  for (const file of files) {
    says.textContent = `Uploading ${file.name} ...`;
    try {
      let answer = await put(file, { "If-None-Match": "*" });
      if (answer.status === 412) {
        if (!confirm(`Replace ${file.name}?`)) continue;
        answer = await put(file);
      }
      if (!answer.ok) throw new Error(await answer.text());
    } catch (error) {
      says.className = "bad";
      says.textContent = `${file.name}: ${error.message}`;
      return;
    }
  }
  location.reload();
}
drop.querySelector("input").onchange = (event) => send(event.target.files);
for (const name of ["dragover", "dragleave", "drop"]) {
  addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", name === "dragover");
    if (name === "drop") send(event.dataTransfer.files);
  });
}
"""

FOLDER = (
    '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M2.5 5.5a1.5 1.5 0 0 1 1.5-1.5h3.6l1.9 2H16a1.5 1.5 0 0 1 \
1.5 1.5v7A1.5 1.5 0 0 1 16 16H4a1.5 1.5 0 0 1-1.5-1.5z"/></svg>'
)
FILE = (
    '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M5 3.5A1 1 0 0 1 6 2.5h5.5L15.5 6.5v10a1 1 0 0 1-1 1H6a1 1 \
0 0 1-1-1z M11.5 2.5V6.5h4"/></svg>'
)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


POLICY = (
    f"default-src 'none'; style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)}; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of the pages: a name that got through unescaped still could not do anything."""
