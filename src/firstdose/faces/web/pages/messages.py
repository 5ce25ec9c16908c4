"""Pages that only say something: not found, not allowed, out of date."""

from typing import Any

from django.http import HttpResponse

from firstdose.faces.web.desk import render_page


def not_found(request: Any, exception: Exception) -> HttpResponse:  # noqa: ARG001 - the framework gives it
    """There is no such page, or none that the person may know of."""
    return render_page(request, "message.html", 404, title="not_found", text="not_found_text")


def failed(request: Any) -> HttpResponse:
    """Something went wrong that is our bug."""
    return render_page(request, "message.html", 500, title="failed", text="failed_text")


def csrf_failure(request: Any, reason: str = "") -> HttpResponse:  # noqa: ARG001 - the framework gives it
    """A form that was not rendered by this server, or too long ago."""
    return render_page(request, "message.html", 403, title="form_expired", text="form_expired_text")
