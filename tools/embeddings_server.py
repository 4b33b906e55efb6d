"""An OpenAI-compatible embeddings endpoint over a model folder, for tools: `python -m tools.embeddings_server FOLDER`.

It listens on a port of the system's choice on this machine only and prints it. No keys, no limits: not for anything else.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a server over the model in `folder`, in a process of its own until the block ends."""
    line = [sys.executable, "-m", "tools.embeddings_server", str(folder)]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        port = process.stdout.readline().strip()
        if not port:
            raise SystemExit(f"the embeddings server over {folder} did not start")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait()


def main(folder: Path) -> None:
    """Serve until the process is ended."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    from index.embeddings.fastembed_models import LocalEmbedder

    model = LocalEmbedder(str(folder))
    model.embed(["loaded"])

    async def embeddings(request: Request) -> JSONResponse:
        body = await request.json()
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        vectors = await run_in_threadpool(model.embed, texts)
        data = [{"object": "embedding", "index": at, "embedding": row.tolist()} for at, row in enumerate(vectors)]
        return JSONResponse({"object": "list", "model": body["model"], "data": data, "usage": {}})

    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        app = Starlette(routes=[Route("/v1/embeddings", embeddings, methods=["POST"])])
        uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", ws="none")).run([listening])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
