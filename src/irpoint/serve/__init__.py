"""Detection as a web service: a frame in the body of a request → the record of its points."""

from irpoint.serve.app import create_app
from irpoint.serve.limits import Limits
from irpoint.serve.run import serve

__all__ = ["Limits", "create_app", "serve"]
