# SPDX-License-Identifier: Apache-2.0
"""What a reader says of files that it cannot decode: docs/format.md, section 8."""


class DecodeError(Exception):
    """The common base: nothing but these comes out of a decoder for any bytes."""


class NotLlmz(DecodeError):
    """The first bytes are not the magic."""


class NewerFormat(DecodeError):
    """A higher version, or a reserved kind, method or flag."""


class OlderFormat(DecodeError):
    """A lower version."""


class Damaged(DecodeError):
    """A check, a size or a field is wrong."""


class CutOff(DecodeError):
    """The input ends too early."""


class ModelMissing(DecodeError):
    """No model with the fingerprint is there."""


class ReferenceMissing(DecodeError):
    """A frame behind a reference, and none was given, or another one."""


class Unsupported(DecodeError):
    """Valid, but not a part of this decoder: imported models."""
