"""Django's settings, all derived from the folder of the instance (DOP2I_HOME) and its ``dop2i.toml``.

Importing this writes nothing: ``dop2i.server.instance.initialise`` makes the folder.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from urllib.parse import urlsplit

from dop2i.server.configuration import database_settings, read_configuration

DOP2I = read_configuration()
"""The configuration of the running instance: ``settings.DOP2I.home``, ``.title``, ``.limits`` …"""

_faces = Path(__file__).parents[1] / "faces"
_secret = DOP2I.home / "secret_key"
_public = urlsplit(DOP2I.public_url)

SECRET_KEY = _secret.read_text(encoding="ascii").strip() if _secret.is_file() else secrets.token_urlsafe(60)
DEBUG = False
ROOT_URLCONF = "dop2i.faces.urls"
WSGI_APPLICATION = "dop2i.faces.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.mfa",
    "dop2i.server.people",
    "dop2i.server.jobs",
    "dop2i.server.notifications",
    "dop2i.server.identifiers",
    "dop2i.server.files",
    "dop2i.server.catalogue",
    "dop2i.server.uses",
    "dop2i.server.harvests",
    "dop2i.server.relations",
    "dop2i.server.communities",
    "dop2i.server.access",
    "dop2i.server.records",
    "dop2i.server.ethics",
    "dop2i.server.searches",
    "dop2i.server.reviews",
    "dop2i.faces.web",
]

MIDDLEWARE = [
    "dop2i.faces.middleware.TrustedProxy",
    "dop2i.faces.middleware.CollapseSlashes",
    "django.middleware.security.SecurityMiddleware",
    "dop2i.faces.middleware.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dop2i.faces.middleware.CurrentActor",
    "dop2i.faces.secret_links.SecretLinks",
    "dop2i.faces.limiting.Limits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_faces / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

DATABASES = {"default": database_settings(DOP2I)}

# Without a public address the instance answers to any name: links are then made from the request, and no mail
# or cached page carries them further.
ALLOWED_HOSTS = (
    [*DOP2I.allowed_hosts, _public.hostname, "localhost", "127.0.0.1", "[::1]"]
    if _public.hostname
    else list(DOP2I.allowed_hosts) or ["*"]
)
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"] if _public.netloc else []
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _public.scheme == "https"
# a browser takes a name with __Host- only over TLS, for this very host and every path: no other host can set it
_host = "__Host-" if SESSION_COOKIE_SECURE else ""
SESSION_COOKIE_NAME = f"{_host}dop2i_session"
CSRF_COOKIE_NAME = f"{_host}dop2i_csrf"
CSRF_FAILURE_VIEW = "dop2i.faces.web.errors.csrf_failure"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_HSTS_SECONDS = 31_536_000 if _public.scheme == "https" else 0
X_FRAME_OPTIONS = "DENY"
# TLS, its redirection and the parent domain's HSTS policy belong to the proxy in front: the server itself speaks
# plain HTTP on a loopback address.
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W005", "security.W008", "security.W021"]
if _public.scheme != "https":
    SILENCED_SYSTEM_CHECKS += ["security.W012", "security.W016"]

AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/work"
LOGOUT_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
PASSWORD_RESET_TIMEOUT = 24 * 3600

# django-allauth: its OAuth2 client, identities and second factors, with our pages and actions (server/people).
ACCOUNT_ADAPTER = "dop2i.server.people.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False  # faces/rates.py counts wrong tries
SOCIALACCOUNT_ADAPTER = "dop2i.server.people.adapters.SocialAdapter"
MFA_ADAPTER = "dop2i.server.people.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODE_DIGITS = 12
MFA_TOTP_TOLERANCE = 1

# Shared by the threads and processes of one machine: providers' descriptions, codes that were used, wrong tries.
CACHES = {
    "default": {
        "BACKEND": "dop2i.server.caches.InstanceCache",
        "LOCATION": str(DOP2I.home / "cache"),
        "OPTIONS": {"MAX_ENTRIES": 5000},
    }
}

AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "given_name", "family_name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# What Django and allauth send goes the way of our own mails: a row first, then a job (server/notifications).
EMAIL_BACKEND = "dop2i.server.notifications.backend.QueuedMail"
EMAIL_HOST, EMAIL_PORT, EMAIL_TIMEOUT = DOP2I.mail.host, DOP2I.mail.port, DOP2I.mail.seconds
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = DOP2I.mail.user, DOP2I.mail.secret
EMAIL_USE_TLS, EMAIL_USE_SSL = DOP2I.mail.tls == "starttls", DOP2I.mail.tls == "tls"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = DOP2I.mail.sender or "dop2i@localhost"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français")]
LOCALE_PATHS = [_faces / "web" / "locale"]
LANGUAGE_COOKIE_NAME = f"{_host}dop2i_language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [_faces / "web" / "static"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
STATIC_ROOT = DOP2I.home / "static"
FILE_UPLOAD_PERMISSIONS = 0o640
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "no_secrets": {"()": "dop2i.server.logs.NoSecrets"},
        "one_line": {"()": "dop2i.server.logs.OneLine"},
    },
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["no_secrets", "one_line"]},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "dop2i": {"level": "INFO"},
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
