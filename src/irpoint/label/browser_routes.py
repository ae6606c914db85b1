"""The routes of the frame browser: changes, thumbnails, disagreement with the model."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import FastAPI, Query, Response

from irpoint.label.session import LabelSession

_MARKED = 100  # labels of a frame that its thumbnail shows

Name = Annotated[str, Query(alias="frame", max_length=4096)]


def browser_routes(app: FastAPI, session: LabelSession) -> None:
    """Add the routes to the application of a session."""

    @app.get("/api/changes")
    def changes(since: Annotated[str, Query(max_length=64)] = "") -> dict[str, Any]:
        mark, changed = session.changes(since)
        return {
            "mark": mark,
            "all": changed is None,  # the page is new, or the server was restarted
            "frames": session.summaries() if changed is None else changed,
            "unread": session.imported.unread,
            "model": session.proposer.model,
            "polarity": session.proposer.polarity,
            "threshold": session.proposer.threshold,
        }

    @app.get("/api/thumbnail")
    def thumbnail(name: Name) -> Response:
        dark = session.proposer.polarity == "dark"
        picture = session.thumbnails.get(session.entry(name), dark)
        points = session.positions(name)[0][:_MARKED].round(1).tolist()
        marks = {"width": picture.width, "height": picture.height, "points": points}
        return Response(
            picture.jpeg, media_type="image/jpeg", headers={"X-Marks": json.dumps(marks)}
        )

    @app.get("/api/disagreements")
    def disagreements(threshold: Annotated[float, Query(gt=0)]) -> dict[str, Any]:
        compared, frames = session.disagreements(threshold)
        return {"compared": compared, "frames": frames}
