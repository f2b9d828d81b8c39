"""Personal data at rest: sealed fields, blind indexes and sealed files (R-ACC-13, S11).

A sealed value is `version | length of key id | key id | nonce | ciphertext with tag`. The place where it
belongs, `table.column` and the uid of its row, goes in as associated data: a value that was moved to
another row or column does not open. A blind index is a keyed hash under a key of its own, so that a
person is found by number without the number being readable.

`settings.FIELD_KEYS` and `settings.INDEX_KEYS` are lists of `id:base64 of 32 bytes`; the first key
writes, all of them read. A suite may follow (`id:base64:sm4`, `id:base64:sm3`): the national algorithms
come in like any other new key. To rotate while serving: add the new key last and restart everything,
move it to the front and restart again, run `manage.py rotate_keys`, then take the old key out.
"""

from __future__ import annotations

import base64
import hmac
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models.lookups import IsNull
from django.db.models.query_utils import DeferredAttribute

from swms.idnumbers import normalise, normalise_mobile

NONCE_SIZE = 12
TAG_SIZE = 16


class CannotOpen(Exception):
    """A sealed value that is damaged, stands in another place, or whose key is no longer configured."""


# --- ciphers and keys ----------------------------------------------------------------------------


class Aead(Protocol):
    """An authenticated cipher under one key; `decrypt` raises InvalidTag."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes: ...


class Sm4Gcm:
    """SM4 (GB/T 32907) in GCM, with the interface of `AESGCM`."""

    def __init__(self, key: bytes) -> None:
        self._algorithm = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        encryptor = Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data)
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        if len(data) < TAG_SIZE:
            raise InvalidTag
        decryptor = Cipher(self._algorithm, modes.GCM(nonce, data[-TAG_SIZE:])).decryptor()
        decryptor.authenticate_additional_data(associated_data)
        return decryptor.update(data[:-TAG_SIZE]) + decryptor.finalize()


@dataclass(frozen=True, slots=True)
class Suite:
    """A cipher that a field key may name; `version` is the first byte of what it seals."""

    version: int
    key_size: int
    cipher: Callable[[bytes], Aead]


SUITES = {"aes": Suite(1, 32, AESGCM), "sm4": Suite(2, 16, Sm4Gcm)}
DIGESTS = frozenset({"sha256", "sm3"})  # both are 32 bytes long


@dataclass(frozen=True, slots=True)
class FieldKey:
    """A key that seals, with the header that begins all its values."""

    header: bytes
    aead: Aead


@dataclass(frozen=True, slots=True, repr=False)
class IndexKey:
    """A key that makes blind indexes."""

    secret: bytes
    digest: str

    def index(self, purpose: bytes, value: str) -> str:
        """Return the 44 characters that stand for a normalised value."""
        return base64.b64encode(hmac.digest(self.secret, purpose + value.encode(), self.digest)).decode("ascii")


def _split(setting: str, specs: Sequence[str], suite: str) -> list[tuple[str, bytes, str]]:
    keys = []
    for spec in specs:
        name, _, rest = spec.partition(":")
        encoded, _, chosen = rest.partition(":")
        try:
            secret = base64.b64decode(encoded, validate=True)
        except ValueError:
            secret = b""
        if len(secret) != 32 or not 1 <= len(name) <= 16 or not name.isascii():
            raise ImproperlyConfigured(f"{setting}: a key is 'id:base64 of 32 bytes', its id 1 to 16 ASCII characters")
        keys.append((name, secret, chosen or suite))
    if not keys or len({name for name, _, _ in keys}) < len(keys):
        raise ImproperlyConfigured(f"{setting}: there must be a key, and every id once")
    return keys


def _derive(secret: bytes, use: str, size: int) -> bytes:
    # Derived for each use, so that one secret in both settings or under two ciphers still gives unrelated keys.
    return HKDF(hashes.SHA256(), size, salt=None, info=f"swms {use}".encode()).derive(secret)


@lru_cache(maxsize=8)
def _field_ring(specs: tuple[str, ...]) -> tuple[FieldKey, dict[bytes, FieldKey]]:
    ring = []
    for name, secret, chosen in _split("FIELD_KEYS", specs, "aes"):
        if chosen not in SUITES:
            raise ImproperlyConfigured(f"FIELD_KEYS: no cipher named {chosen}")
        suite = SUITES[chosen]
        header = bytes([suite.version, len(name)]) + name.encode()
        ring.append(FieldKey(header, suite.cipher(_derive(secret, f"field {chosen}", suite.key_size))))
    return ring[0], {key.header: key for key in ring}


@lru_cache(maxsize=8)
def _index_ring(specs: tuple[str, ...]) -> tuple[IndexKey, ...]:
    ring = []
    for _, secret, digest in _split("INDEX_KEYS", specs, "sha256"):
        if digest not in DIGESTS:
            raise ImproperlyConfigured(f"INDEX_KEYS: no digest named {digest}")
        ring.append(IndexKey(_derive(secret, f"index {digest}", 32), digest))
    return tuple(ring)


def _writing_key() -> FieldKey:
    return _field_ring(tuple(settings.FIELD_KEYS))[0]


# --- sealing -------------------------------------------------------------------------------------


def seal_bytes(purpose: str, uid: UUID, data: bytes) -> bytes:
    """Return `data` sealed under the writing key for one place: a purpose and the uid of its row."""
    key, nonce = _writing_key(), os.urandom(NONCE_SIZE)
    return key.header + nonce + key.aead.encrypt(nonce, data, _place(key, purpose, uid))


def open_bytes(purpose: str, uid: UUID, sealed: bytes) -> bytes:
    """Return what `seal_bytes` was given for the same place. Raises CannotOpen."""
    header = sealed[: 2 + sealed[1]] if len(sealed) > 1 else b""
    key = _field_ring(tuple(settings.FIELD_KEYS))[1].get(header)
    if key is None:
        raise CannotOpen("sealed under a key that is not configured")
    body = len(header) + NONCE_SIZE
    try:
        return key.aead.decrypt(sealed[len(header) : body], sealed[body:], _place(key, purpose, uid))
    except (InvalidTag, ValueError) as error:
        raise CannotOpen("damaged, or moved from another place") from error


def seal_many(purpose: str, uids: Sequence[bytes], texts: Sequence[str]) -> list[bytes]:
    """Return each text sealed for its row, for imports by COPY; `purpose` is `SealedField.purpose`.

    The rows' uids come as their sixteen bytes.
    """
    key = _writing_key()
    header, encrypt = key.header, key.aead.encrypt
    place = header + purpose.encode() + b"\0"
    nonces = os.urandom(NONCE_SIZE * len(texts))
    starts = range(0, len(nonces), NONCE_SIZE)
    return [
        header + (nonce := nonces[start : start + NONCE_SIZE]) + encrypt(nonce, text.encode(), place + uid)
        for start, uid, text in zip(starts, uids, texts, strict=True)
    ]


def is_current(sealed: bytes) -> bool:
    """Tell whether a value is sealed under the key that writes now."""
    return sealed.startswith(_writing_key().header)


def _place(key: FieldKey, purpose: str, uid: UUID) -> bytes:
    return key.header + purpose.encode() + b"\0" + uid.bytes


# --- blind indexes -------------------------------------------------------------------------------

NORMALISERS: dict[str, Callable[[str], str]] = {"identity": normalise, "mobile": normalise_mobile}
"""How a value is normalised before it is indexed, by purpose; any other purpose takes it as it is."""


def blind_index(purpose: str, value: str) -> str:
    """Return the index to store for a value: 44 characters under the writing key."""
    return index_candidates(purpose, value)[0]


def index_candidates(purpose: str, value: str) -> list[str]:
    """Return the indexes that a stored row may have for this value, the writing key's first.

    Look up with `filter(id_index__in=index_candidates("identity", number))`.
    """
    value = NORMALISERS.get(purpose, str)(value)
    label = purpose.encode() + b"\0"
    return [key.index(label, value) for key in _index_ring(tuple(settings.INDEX_KEYS))]


def index_many(purpose: str, values: Sequence[str]) -> list[str]:
    """Return the indexes of many values that are normalised already, for imports by COPY."""
    key = _index_ring(tuple(settings.INDEX_KEYS))[0]
    label, secret, digest = purpose.encode() + b"\0", key.secret, key.digest
    encode, keyed_hash = base64.b64encode, hmac.digest
    return [encode(keyed_hash(secret, label + value.encode(), digest)).decode("ascii") for value in values]


# --- model fields --------------------------------------------------------------------------------


class Sealed(bytes):
    """A sealed value as the database holds it. Shows nothing of itself."""

    def __repr__(self) -> str:
        return "<sealed>"

    __str__ = __repr__


class _Unsealed:
    """A text that was assigned and not saved yet."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return "<sealed on saving>"

    def __deepcopy__(self, memo: dict) -> _Unsealed:
        return self

    def __reduce__(self) -> str:
        raise TypeError("a text that is not sealed yet is never pickled: it would leave the process readable")


class _SealedAttribute(DeferredAttribute):
    """Reads open, assignments wait for `save`: the row's uid may not be known before."""

    def __get__(self, instance: models.Model | None, cls: type | None = None) -> Any:
        stored = super().__get__(instance, cls)
        if isinstance(stored, Sealed):
            return self.field.open(instance, stored)
        return stored.text if isinstance(stored, _Unsealed) else stored

    def __set__(self, instance: models.Model, value: str | Sealed | None) -> None:
        if isinstance(value, str):
            value = _Unsealed(value) if value or not self.field.null else None
        elif value is not None and not isinstance(value, Sealed):
            raise TypeError(f"{self.field} takes text, not {type(value).__name__}")
        instance.__dict__[self.field.attname] = value


class SealedField(models.BinaryField):
    """A text that is encrypted in the database and readable as an attribute of its row only.

    `bound_to` names the row's UUID field. Values are never compared in the database (look up by
    `BlindIndexField`), never appear in `values()`, and are never serialised.
    """

    descriptor_class = _SealedAttribute
    empty_values = [None, ""]

    def __init__(self, *args: Any, bound_to: str = "uid", **kwargs: Any) -> None:
        self.bound_to = bound_to
        super().__init__(*args, **kwargs)

    @property
    def purpose(self) -> str:
        """The place of this column, `table.column`."""
        return f"{self.model._meta.db_table}.{self.column}"

    def seal(self, uid: UUID, text: str) -> Sealed:
        """Return `text` sealed for the row with this uid."""
        return Sealed(seal_bytes(self.purpose, uid, text.encode()))

    def open(self, instance: models.Model, sealed: Sealed) -> str:
        """Return the text in a value of this row. Raises CannotOpen."""
        return open_bytes(self.purpose, getattr(instance, self.bound_to), sealed).decode()

    def pre_save(self, instance: models.Model, add: bool) -> Sealed | None:
        stored = instance.__dict__[self.attname]
        if isinstance(stored, _Unsealed) or (stored is not None and not is_current(stored)):
            stored = self.seal(getattr(instance, self.bound_to), getattr(instance, self.attname))
            instance.__dict__[self.attname] = stored
        return stored

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def get_prep_value(self, value: Any) -> bytes | None:
        if value is not None and not isinstance(value, Sealed):
            raise TypeError(f"{self} is written by saving its row, not by update()")
        return value

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError(f"{self} is not serialised: it opens only in its own row")

    def get_lookup(self, lookup_name: str) -> type | None:
        return IsNull if lookup_name == "isnull" else None

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        bound = next((field for field in self.model._meta.fields if field.attname == self.bound_to), None)
        if isinstance(bound, models.UUIDField):
            return super().check(**kwargs)
        return [checks.Error(f"'{self.bound_to}' must be a UUIDField of the model", obj=self, id="swms.E001")]

    def deconstruct(self) -> tuple[str, str, list, dict]:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | {"bound_to": self.bound_to}


class BlindIndexField(models.CharField):
    """The keyed hash of a sealed field beside it, filled in whenever the row is saved."""

    def __init__(self, *args: Any, source: str, purpose: str, **kwargs: Any) -> None:
        self.source, self.purpose = source, purpose
        kwargs["max_length"] = 44
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        models.signals.pre_save.connect(self._refuse_half_a_change, sender=cls)

    def pre_save(self, instance: models.Model, add: bool) -> str | None:
        text = getattr(instance, self.source)
        index = blind_index(self.purpose, text) if text else None
        setattr(instance, self.attname, index)
        return index

    def deconstruct(self) -> tuple[str, str, list, dict]:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs | {"source": self.source, "purpose": self.purpose, "editable": self.editable}

    def _refuse_half_a_change(self, instance: models.Model, update_fields: frozenset | None, **kwargs: Any) -> None:
        if update_fields is None or self.source not in update_fields or self.attname in update_fields:
            return
        if isinstance(instance.__dict__.get(self.source), _Unsealed):
            raise ValueError(f"update_fields names '{self.source}' and must name '{self.attname}' too")
