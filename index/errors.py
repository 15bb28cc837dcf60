"""Errors by who sees them: a UserError is a sentence for the user; anything else is a bug and keeps its trace."""


class UserError(Exception):
    """Something the user can act on. `str(error)` is one or two plain sentences: what is wrong and what to do."""


class ModelMissing(UserError):
    """Model weights are not on disk, or are not the ones they should be."""


class SourceUnreadable(UserError):
    """A file, address or text that cannot become an article."""


class AddressRefused(SourceUnreadable):
    """An address that is not fetched because that would not be safe."""


class ArticleMissing(UserError):
    """No article has this id: it was removed, or never was."""


class LibraryUnusable(UserError):
    """The data directory cannot be used: damaged beyond repair, in use by another process, or not writable."""
