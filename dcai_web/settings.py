"""All settings: safe for production by default, steered by the environment (see README, Settings)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF
from redis.backoff import NoBackoff
from redis.retry import Retry

from dcai_web import env
from dcai_web.ops import logs

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.data_dir(BASE_DIR)

# --- Core ---------------------------------------------------------------------------------------------------------
DEBUG = env.boolean("DCAI_DEBUG", default=False)
SECRET_KEY = env.secret_key(DATA_DIR)
ALLOWED_HOSTS = env.items("DCAI_ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.items("DCAI_TRUSTED_ORIGINS", [])
SITE_URL_GIVEN = env.text("DCAI_SITE_URL").rstrip("/")
SITE_URL = SITE_URL_GIVEN or f"http://127.0.0.1:{env.integer('DCAI_PORT', 8000)}"

INSTALLED_APPS = [
    "labeling",
    "quality",
    "dcai_web",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "dcai_web.sign_ins.SignInsConfig",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
]
MIDDLEWARE = [
    "dcai_web.middleware.RequestLog",
    "dcai_web.middleware.Headers",
    "dcai_web.middleware.Probes",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dcai_web.second_factor_demand.SecondFactorDemand",
    "dcai_web.errors.DomainErrorMiddleware",
]
ROOT_URLCONF = "dcai_web.urls"
WSGI_APPLICATION = "dcai_web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# HSTS for all subdomains, and for ever in browsers' lists, binds more than this site: DCAI_HSTS_SUBDOMAINS, _PRELOAD.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# --- Engines ------------------------------------------------------------------------------------------------------
_database = env.database(env.engine_url("DATABASE_URL", DATA_DIR))
DATABASES = {
    "default": {
        **_database,
        # Statements of the hot path are planned once per connection; a pooler that cannot carry that needs it off.
        "OPTIONS": {
            # A database machine that is off does not even refuse: without this a page would wait for it for minutes.
            "connect_timeout": 5,
            **_database.get("OPTIONS", {}),
            "prepare_threshold": 3 if env.boolean("DCAI_DB_PREPARE", default=True) else None,
        },
        "CONN_MAX_AGE": env.integer("DCAI_DB_CONN_MAX_AGE", 300),
        "CONN_HEALTH_CHECKS": True,
    }
}
REDIS_URL = env.engine_url("REDIS_URL", DATA_DIR)
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "dcai_web.cache.FailOpenRedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "dcai",
            # A page may wait for it: asked once, and not for long.
            "OPTIONS": {
                "socket_connect_timeout": 0.4,
                "socket_timeout": 0.4,
                "retry": Retry(NoBackoff(), 0),
            },
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

CELERY_BROKER_URL = env.broker(REDIS_URL) or "memory://"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# An unreachable broker must not hold up a page: jobs stay queued in the database and are sent again later.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 12 * 3600,
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "max_retries": 1,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "default"
# A process for each message, forked when it comes.
CELERY_WORKER_POOL = "dcai_web.ops.forking:ForkingPool"
# What comes through these leaves processors and disks to everybody else.
LOW_PRIORITY_QUEUES = {"quality"}
# Started by dcai_web.clock, in seconds; what is not begun within its pause expires.
CELERY_BEAT_SCHEDULE = {
    "tend-jobs": {"task": "labeling.tend_jobs", "schedule": 20},
    "tend-backups": {"task": "dcai_web.tend_backups", "schedule": 300},
    "tend-quality": {"task": "quality.tend", "schedule": 60},
    "delete-due-tasks": {"task": "labeling.delete_due_tasks", "schedule": 600},
    "tidy-uploads": {"task": "dcai_web.tidy_uploads", "schedule": 3600},
    "send-webhooks": {"task": "labeling.send_webhooks", "schedule": 10},
    "forget-deliveries": {"task": "labeling.forget_deliveries", "schedule": 3600},
}

# --- People -------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "labeling.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_RESET_TIMEOUT = 3600 * 24
AXES_FAILURE_LIMIT = env.integer("DCAI_LOGIN_FAILURES", 10)
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_FORM_FIELD = "username"
# As accounts are looked up: another spelling of the same address is not another account to guess at.
AXES_USERNAME_CALLABLE = "labeling.services.accounts.tried_address"
AXES_LOCKOUT_TEMPLATE = "errors/429.html"
AXES_VERBOSE = False
# Of whom a second factor is demanded; whoever wants one has it anyway.
SECOND_FACTOR = env.choice("DCAI_SECOND_FACTOR", ["", "managers", "all"])
# Of allauth its logic is used, and none of its pages, mails and messages (docs/adr/0019).
ACCOUNT_ADAPTER = "labeling.web.entrance.SignInAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
MFA_TOTP_ISSUER = f"dcai {urlsplit(SITE_URL).hostname}"
MFA_TOTP_TOLERANCE = 1
AXES_HANDLER = "dcai_web.sign_in_log.RoutesOnly"
# Where somebody who signs in wants to go may be the link of an invitation.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "next"]

# --- Signing in with a provider (OpenID Connect) ------------------------------------------------------------------
# Empty: there is none, and nothing of it is loaded.
OIDC_ISSUER = env.issuer("DCAI_OIDC_ISSUER")
OIDC_NAME = env.text("DCAI_OIDC_NAME", "your organization")
# Whether people come in by it who have no account and no invitation; they get an account, and into no project.
OIDC_SIGN_UP = env.boolean("DCAI_OIDC_SIGN_UP", default=False)
if OIDC_ISSUER:
    INSTALLED_APPS.append("allauth.socialaccount.providers.openid_connect")
    SOCIALACCOUNT_ADAPTER = "labeling.web.providers.ProviderAdapter"
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "provider_class": "labeling.web.providers.Provider",
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "organization",
                    "name": OIDC_NAME,
                    "client_id": env.needed("DCAI_OIDC_CLIENT_ID", because="DCAI_OIDC_ISSUER"),
                    "secret": env.needed("DCAI_OIDC_CLIENT_SECRET", because="DCAI_OIDC_ISSUER"),
                    "settings": {"server_url": OIDC_ISSUER},
                }
            ],
        }
    }

# --- Security -----------------------------------------------------------------------------------------------------
HTTPS = env.boolean("DCAI_HTTPS", default=SITE_URL.startswith("https://"))
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = env.integer("DCAI_HSTS_SECONDS", 31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.boolean("DCAI_HSTS_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.boolean("DCAI_HSTS_PRELOAD", default=False)
if env.boolean("DCAI_BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    MIDDLEWARE.insert(0, "dcai_web.middleware.ClientAddress")
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "dcai_web.errors.csrf_failure"
# With the prefix a browser takes the cookie from this very host over HTTPS only, and from no neighbor in its domain.
SESSION_COOKIE_NAME = "__Host-dcai_session" if HTTPS else "dcai_session"
CSRF_COOKIE_NAME = "__Host-dcai_csrf" if HTTPS else "dcai_csrf"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": [],
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:"],
        "worker-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
# Bodies are bounded: forms and JSON here, files by UPLOAD_MAX_BYTES while they stream to disk.
DATA_UPLOAD_MAX_MEMORY_SIZE = env.integer("DCAI_BODY_MAX_BYTES", 10 * 1024 * 1024)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
UPLOAD_MAX_BYTES = env.integer("DCAI_UPLOAD_MAX_BYTES", 4 * 1024**3)
FILE_UPLOAD_HANDLERS = [
    "dcai_web.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "dcai_web.uploads.OnDataDisk",
]
# On the disk that they will stay on, and not in /tmp, which may be small or memory.
FILE_UPLOAD_TEMP_DIR = env.folder(DATA_DIR / "tmp")
FILE_UPLOAD_PERMISSIONS = 0o640

# --- Calls to elsewhere -------------------------------------------------------------------------------------------
# Hosts (`host` or `host:port`) that webhooks may lead to although they are not on the public internet.
WEBHOOK_HOSTS = env.items("DCAI_WEBHOOK_HOSTS", [])

# --- Mail ---------------------------------------------------------------------------------------------------------
EMAIL_HOST = env.text("DCAI_SMTP_HOST")
EMAIL_PORT = env.integer("DCAI_SMTP_PORT", 587)
EMAIL_HOST_USER = env.text("DCAI_SMTP_USER")
EMAIL_HOST_PASSWORD = env.text("DCAI_SMTP_PASSWORD")
EMAIL_USE_TLS = env.boolean("DCAI_SMTP_TLS", default=True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DCAI_MAIL_FROM", "dcai@localhost")
# Without a mail server, mails (password resets, invitations) are written to files an administrator can read.
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = str(DATA_DIR / "mail")

# --- Files --------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("DCAI_STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [
    ("dist", BASE_DIR / "static" / "dist"),
    ("icons", BASE_DIR / "static" / "icons"),
]
STORAGES = {
    "default": {
        "BACKEND": env.text("DCAI_STORAGE") or "django.core.files.storage.FileSystemStorage",
        "OPTIONS": (
            env.mapping("DCAI_STORAGE_OPTIONS") if env.text("DCAI_STORAGE") else {"location": str(DATA_DIR / "files")}
        ),
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
MEDIA_ROOT = DATA_DIR / "files"

# --- Backups ------------------------------------------------------------------------------------------------------
BACKUP_DIR = env.text("DCAI_BACKUP_DIR")
BACKUP_HOURS = env.integer("DCAI_BACKUP_HOURS", 0)
BACKUP_KEEP = env.integer("DCAI_BACKUP_KEEP", 7)

# --- Metrics ------------------------------------------------------------------------------------------------------
# Empty: there is no /metrics, and no request is counted.
METRICS_TOKEN = env.text("DCAI_METRICS_TOKEN")

# --- Errors and traces, to elsewhere ------------------------------------------------------------------------------
# Empty: nothing is sent, and what would send it is not loaded.
SENTRY_DSN = env.text("DCAI_SENTRY_DSN")
OTEL_ENDPOINT = env.text("OTEL_EXPORTER_OTLP_ENDPOINT") or env.text("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
if OTEL_ENDPOINT:
    MIDDLEWARE.insert(0, "dcai_web.ops.observe.traces.Middleware")

# --- Language and time --------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
USE_I18N = True
TIME_ZONE = env.text("DCAI_TIME_ZONE", "UTC")
USE_TZ = True

# --- API ----------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "labeling.api.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser", "rest_framework.parsers.MultiPartParser"],
    "DEFAULT_SCHEMA_CLASS": "labeling.api.openapi.Described",
    "EXCEPTION_HANDLER": "dcai_web.errors.api_exception",
    # `?format=csv` belongs to the export, not to content negotiation.
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "dcai",
    "DESCRIPTION": "Label data, find its errors, review them, and prove that the data got better.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_PATCH": False,
    "SERVERS": [{"url": "/", "description": "The site that the document comes from."}],
    "TAGS": [
        {"name": "Projects", "description": "Projects, their settings, schema and guideline."},
        {"name": "People", "description": "You, the members of a project, and invitations to it."},
        {"name": "Tokens", "description": "What programs show instead of a password."},
        {"name": "Inbox", "description": "What you are told."},
        {"name": "Tasks", "description": "The items: imported, added, changed, deleted, and claimed to be answered."},
        {"name": "Annotations", "description": "What each person answered, and comments."},
        {"name": "Labels", "description": "The answers of record, and exports of them."},
        {"name": "Review", "description": "Flags for reviewers, and decisions about them."},
        {"name": "Quality", "description": "Predictions, runs that look for label errors, and agreement."},
        {"name": "Jobs", "description": "Work that goes on behind a request."},
        {"name": "Webhooks", "description": "Addresses that are called when something happens in a project."},
        {"name": "Gold", "description": "Tasks whose answer is known, and how people answer them."},
    ],
    # The models come from pydantic and name their choices themselves.
    "POSTPROCESSING_HOOKS": [],
}

# --- Logs ---------------------------------------------------------------------------------------------------------
# Lines for a person on a terminal, JSON for everything else.
LOGGING = logs.configuration(
    level=env.text("DCAI_LOG_LEVEL", "INFO"), form=env.text("DCAI_LOG_FORMAT") or logs.form_for_this_output()
)
LOGGING_CONFIG = "dcai_web.ops.logs.configure"
