"""One settings file. Every difference between installations is an environment variable,
listed in ``.env.example``; production refuses to start with a missing or default secret.
"""

import base64
import hashlib
from datetime import timedelta
from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env("SWMS_VAR_DIR", default=str(BASE_DIR / "var")))
for secrets in (VAR_DIR / "secrets.env", BASE_DIR / ".env"):
    if secrets.is_file():
        env.read_env(secrets)

# -- the installation -------------------------------------------------------------------------
DEBUG = False
DEMO = env.bool("SWMS_DEMO", default=False)  # shows the outbox page; never in production
PRODUCTION = env.bool("SWMS_PRODUCTION", default=False)
SITE_NAME = env("SWMS_SITE_NAME", default="社会工作者登记与证书服务")
SITE_URL = env("SWMS_SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
AUTHORITY_LABEL = env("SWMS_AUTHORITY_LABEL", default="民政部门")
ISSUER_LABEL = env("SWMS_ISSUER_LABEL", default="证书发放机构（演示）")
ISSUER_CONTACT = env("SWMS_ISSUER_CONTACT", default="电话 000-00000000（演示号码）")
FILING_NUMBERS = env.list("SWMS_FILING_NUMBERS", default=[])
ALLOWED_HOSTS = env.list("SWMS_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("SWMS_TRUSTED_ORIGINS", default=[])
TRUSTED_PROXIES = env.int("SWMS_TRUSTED_PROXIES", default=0)
BEHIND_TLS = env.bool("SWMS_BEHIND_TLS", default=PRODUCTION)

# -- secrets ------------------------------------------------------------------------------------
_INSECURE = "insecure-for-development-only"


def _development_key(purpose: str) -> str:
    """A fixed key for development and tests; ``PRODUCTION`` refuses it."""
    digest = hashlib.sha256(f"{_INSECURE}:{purpose}".encode()).digest()
    return "dev:" + base64.b64encode(digest).decode()


SECRET_KEY = env("SWMS_SECRET_KEY", default=_INSECURE)
FIELD_KEYS = env.list("SWMS_FIELD_KEYS", default=[_development_key("field")])
INDEX_KEYS = env.list("SWMS_INDEX_KEYS", default=[_development_key("index")])
if PRODUCTION:
    _known = {_INSECURE, _development_key("field"), _development_key("index")}
    weak = [
        name
        for name in ("SWMS_SECRET_KEY", "SWMS_FIELD_KEYS", "SWMS_INDEX_KEYS")
        if not (values := env.list(name, default=[])) or _known & set(values)
    ]
    if weak or DEMO:
        raise ImproperlyConfigured(f"production needs its own secrets: {', '.join(weak) or 'SWMS_DEMO must be off'}")
SIGNING_KEY_DIR = Path(env("SWMS_SIGNING_KEY_DIR", default=str(VAR_DIR / "keys")))
SIGNING_KEY_PASSPHRASE = env("SWMS_SIGNING_KEY_PASSPHRASE", default="")
SIGNING_ALGORITHM = env("SWMS_SIGNING_ALGORITHM", default="rsa2048")
PKCS11_MODULE = env("SWMS_PKCS11_MODULE", default="")  # the library of a token; its PIN is the passphrase
PKCS11_TOKEN = env("SWMS_PKCS11_TOKEN", default="")
PKCS11_KEY = env("SWMS_PKCS11_KEY", default="")
TSA_URL = env("SWMS_TSA_URL", default="")  # a time stamp authority (RFC 3161); none by default
TSA_TIMEOUT = env.float("SWMS_TSA_TIMEOUT", default=5)  # seconds
TSA_REQUIRED = env.bool("SWMS_TSA_REQUIRED", default=False)  # wait for the authority rather than issue without it
FONT_DIR = Path(env("SWMS_FONT_DIR", default=str(VAR_DIR / "fonts")))  # cuts of the certificate font

# -- applications -------------------------------------------------------------------------------
INSTALLED_APPS = [
    "swms.console.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "rules.apps.AutodiscoverRulesConfig",
    "axes",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_htmx",
    "django_prometheus",
    "django_structlog",
    "pgtrigger",
    "swms.apps.SwmsConfig",
    "swms.accounts",
    "swms.regions",
    "swms.audit",
    "swms.notices",
    "swms.uploads",
    "swms.bulletins",
    "swms.casework",
    "registration",
    "education",
    "services",
    "certificates",
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "swms.middleware.RequestContextMiddleware",
    "swms.middleware.SessionLimitsMiddleware",
    "swms.signin.middleware.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "swms.signin.middleware.OwnPasswordMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "swms.middleware.RefusedMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "swms.urls"
WSGI_APPLICATION = "swms.wsgi.application"
FORM_RENDERER = "swms.forms.Renderer"
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
                "swms.context.site",
                "swms.notices.inbox.context",
            ],
            "builtins": ["swms.templatetags.ui"],
        },
    }
]

# -- data ---------------------------------------------------------------------------------------
# Without DATABASE_URL the entry points start the checkout's own PostgreSQL first (swms.embedded)
# and put both addresses into the environment.
DATABASES = {"default": env.db("DATABASE_URL", default="postgres://swms@127.0.0.1:1/swms")}
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:1/0")
SESSION_ENGINE = "django.contrib.sessions.backends.db"
MEDIA_ROOT = Path(env("SWMS_MEDIA_ROOT", default=str(VAR_DIR / "media")))
CERTIFICATE_ROOT = Path(env("SWMS_CERTIFICATE_ROOT", default=str(VAR_DIR / "certificates")))
ANCHOR_PATH = Path(env("SWMS_ANCHOR_PATH", default=str(VAR_DIR / "audit-anchor.jsonl")))
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# -- people -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesBackend",
    "rules.permissions.ObjectPermissionBackend",
    "swms.accounts.backends.IdentityBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "swms.accounts.passwords.LengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "swms.accounts.passwords.CharacterClassValidator"},
    {"NAME": "swms.accounts.passwords.NotPersonalValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
LOGIN_URL = "signin:sign_in"
LOGIN_REDIRECT_URL = "home"
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=30)  # R-ACC-12
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # waiting always helps
AXES_SENSITIVE_PARAMETERS = ["username", "next"]  # what was typed may be an identity number
AXES_LOCKOUT_CALLABLE = "swms.signin.views.locked_out"
AXES_USERNAME_CALLABLE = "swms.accounts.backends.axes_username"
AXES_CLIENT_IP_CALLABLE = "swms.middleware.client_ip"
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
OTP_STATIC_THROTTLE_FACTOR = 0  # the lock-out is ours: swms.signin.second_factor
SESSION_IDLE = {"worker": timedelta(minutes=30), "staff": timedelta(minutes=15)}  # R-ACC-12
SESSION_ABSOLUTE = {"worker": timedelta(hours=12), "staff": timedelta(hours=8)}
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "swms.views.csrf_failure"
MGMT_NO_PATTERN = env("SWMS_MGMT_NO_PATTERN", default=r"^\d{18}$")
REGION_MATCH_LEVEL = env.int("SWMS_REGION_MATCH_LEVEL", default=3)  # R-CHG-04: 3 county, 2 prefecture, 1 province

# -- language and time --------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"  # R-TIME-01
USE_TZ = True
USE_I18N = True  # Django's own messages come in Chinese; ours are written in Chinese

# -- files the browser fetches ----------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = False

# -- hardening ----------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [SELF],
        "manifest-src": [SELF],
    }
}
PERMISSIONS_POLICY = {
    name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb", "display-capture", "autoplay")
}
X_FRAME_OPTIONS = "SAMEORIGIN"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = BEHIND_TLS
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# How long the console shows a reader the same numbers beside its links; 0 counts them for every page.
NUMBERS_KEPT_SECONDS = env.int("SWMS_NUMBERS_KEPT_SECONDS", default=15)

# -- jobs ---------------------------------------------------------------------------------------
SWEEP_SECONDS = env.float("SWMS_SWEEP_SECONDS", default=60)
LEASE_SECONDS = env.float("SWMS_LEASE_SECONDS", default=300)
# How many worker processes may be at a backlog of annotations at a time.
ANNOTATION_DRAINS = env.int("SWMS_ANNOTATION_DRAINS", default=2)
RECHECK_BATCH = env.int("SWMS_RECHECK_BATCH", default=20)  # issued files of each kind read again in a sweep
ANNOTATION_DEADLINE = timedelta(seconds=env.float("SWMS_ANNOTATION_DEADLINE_SECONDS", default=24 * 3600))  # R-ANN-02
CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 60
CELERY_TASK_TIME_LIMIT = 90
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker outlives any outage; the default gives up after a hundred tries
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
    "visibility_timeout": 100,  # a little over the hard limit: a killed worker's task comes back
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "max_retries": 0,
}
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "deliver-notices": {"task": "swms.notices.tasks.sweep", "schedule": SWEEP_SECONDS},
    "anchor-audit": {"task": "swms.audit.tasks.anchor", "schedule": crontab(minute="17")},
    "beat": {"task": "swms.tasks.beat", "schedule": SWEEP_SECONDS},
    "purge": {"task": "swms.tasks.purge", "schedule": crontab(hour="3", minute="40")},
    "complete-registrations": {"task": "registration.tasks.sweep", "schedule": SWEEP_SECONDS * 5},
    "expire-registrations": {"task": "registration.tasks.expire", "schedule": crontab(hour="0", minute="5")},
    "open-renewals": {"task": "registration.tasks.open_renewals", "schedule": crontab(hour="0", minute="15")},
    "tend-feedback": {"task": "registration.tasks.tend_feedback", "schedule": crontab(hour="0", minute="20")},
    "tend-sampling": {"task": "registration.tasks.tend_sampling", "schedule": crontab(hour="0", minute="22")},
    "tend-appeals": {"task": "registration.tasks.tend_appeals", "schedule": crontab(minute="25")},
    "remind-reviewers": {"task": "registration.tasks.remind", "schedule": crontab(hour="8", minute="30")},
    "escalate": {"task": "registration.tasks.escalate", "schedule": crontab(hour="8", minute="40")},
    "remind-of-deadlines": {
        "task": "registration.tasks.remind_of_deadlines",
        "schedule": crontab(hour="9", minute="0"),
    },
    "issue-certificates": {"task": "certificates.tasks.sweep_certificates", "schedule": SWEEP_SECONDS},
    "annotate": {"task": "certificates.tasks.sweep_annotations", "schedule": SWEEP_SECONDS},
    "expire-annotations": {"task": "certificates.tasks.expire_annotations", "schedule": crontab(hour="0", minute="10")},
    "purge-replacements": {"task": "certificates.tasks.purge_replacements", "schedule": crontab(hour="0", minute="25")},
    "tend-paper": {"task": "certificates.tasks.tend_paper", "schedule": crontab(hour="0", minute="30")},
    "move-paper": {"task": "certificates.tasks.move_paper_on", "schedule": SWEEP_SECONDS},
    "remind-of-paper": {"task": "certificates.tasks.remind_of_paper", "schedule": crontab(hour="9", minute="5")},
    "recheck-files": {"task": "certificates.tasks.recheck_files", "schedule": SWEEP_SECONDS},
    "anchor-issued-log": {"task": "certificates.tasks.anchor_issued_log", "schedule": crontab(minute="27")},
    "check-invariants": {"task": "swms.tasks.check_invariants", "schedule": crontab(hour="4", minute="30")},
}

# -- notices ------------------------------------------------------------------------------------
_OUTBOX = "swms.notices.backends.OutboxBackend"
SMS_BACKEND = env("SWMS_SMS_BACKEND", default=_OUTBOX)
SMS_URL = env("SWMS_SMS_URL", default="")
SMS_TOKEN = env("SWMS_SMS_TOKEN", default="")
EMAIL_NOTICE_BACKEND = env("SWMS_EMAIL_NOTICE_BACKEND", default=_OUTBOX)
if PRODUCTION and _OUTBOX in (SMS_BACKEND, EMAIL_NOTICE_BACKEND):
    raise ImproperlyConfigured("production sends its messages: set SWMS_SMS_BACKEND and SWMS_EMAIL_NOTICE_BACKEND")
EMAIL_URL = env("EMAIL_URL", default="consolemail://")
vars().update(env.email_url_config(EMAIL_URL))
DEFAULT_FROM_EMAIL = env("SWMS_FROM_EMAIL", default="noreply@localhost")

# -- API ----------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "swms.api.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {"TITLE": "SWMS", "VERSION": "1", "SERVE_INCLUDE_SCHEMA": False}

# -- logs: structured, one line a record, without personal data -----------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "swms.logs.formatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("SWMS_LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.server": {"handlers": ["console"], "propagate": False},
        "axes": {"level": "ERROR"},
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
        "pyhanko": {"level": "ERROR"},
        "pikepdf": {"level": "WARNING"},
    },
}
DJANGO_STRUCTLOG_CELERY_ENABLED = False
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
# W019: a page of ours may show a certificate or a proof of ours in a frame (frame-ancestors says the same).
SILENCED_SYSTEM_CHECKS = ["axes.W003", "security.W019"]
