"""Settings of the pages: middleware, templates, cookies and headers, in code."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
YEAR_S = 365 * 24 * 60 * 60


def write_shell(hosts: Sequence[str], *, is_https: bool) -> dict[str, Any]:
    """The settings of the pages on these host names."""
    return {
        "ROOT_URLCONF": "firstdose.faces.web.urls",
        "ALLOWED_HOSTS": list(hosts),
        "MIDDLEWARE": [
            "django.middleware.security.SecurityMiddleware",
            "firstdose.faces.web.middleware.SecurityHeaders",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.jinja2.Jinja2",
                "DIRS": [str(HERE / "templates")],
                "OPTIONS": {"environment": "firstdose.faces.web.writing.open_environment"},
            }
        ],
        "APPEND_SLASH": False,
        "USE_I18N": False,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SESSION_COOKIE_NAME": "firstdose_session",
        "CSRF_COOKIE_NAME": "firstdose_csrf",
        "CSRF_FAILURE_VIEW": "firstdose.faces.web.pages.messages.csrf_failure",
        "SESSION_COOKIE_SECURE": is_https,
        "CSRF_COOKIE_SECURE": is_https,
        "SECURE_HSTS_SECONDS": YEAR_S if is_https else 0,
    }
