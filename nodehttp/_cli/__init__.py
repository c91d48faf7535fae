"""The command line, built on the public parts of `nodehttp` and `nodestream` only. Start at `_arguments.py`.

| question | file |
|---|---|
| what may be said on the command line | `_arguments.py` |
| how a server listens, and how every command ends | `_serving.py`, `_shutdown.py` |
| what is said to whom, and how failures are told | `_output.py`, `_access_log.py`, `_failures.py`, `_units.py` |
| which file a request means, and how it is opened safely | `_paths.py`, `_files.py` |
| whether and which part of it is sent | `_conditions.py`, `_ranges.py`, `_content_types.py` |
| the static server | `_serve.py`, `_receive.py` (uploads), `_answers.py`, `_pages.py`, `_page_parts.py` |
| the proxy | `_proxy.py`, `_target.py`, `_proxy_headers.py`, `_tunnel.py` |
| the upload command | `_upload.py`, `_progress.py` |
| the demonstration | `_demo.py`, `_children.py`, `_memory.py` |
"""
