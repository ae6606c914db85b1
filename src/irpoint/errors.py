"""One typed hierarchy for everything a user can get wrong.

The message of every :class:`IrpointError` is one line that names the file (or field) and the mend;
the command line prints it as it is, without a traceback.
"""


class IrpointError(Exception):
    """Base of every error that irpoint raises on purpose."""


class FrameError(IrpointError):
    """A frame that cannot be read or is not a 2-D (or colour) picture."""


class DatasetError(IrpointError):
    """A data set whose layout, split, labels or masks are not what they should be."""


class UnknownLayoutError(DatasetError):
    """A folder that has none of the dataset layouts that irpoint reads."""


class ModelError(IrpointError):
    """Weights or a card that are missing, damaged or of another method."""


class EvaluationError(IrpointError):
    """Predictions or settings that cannot be scored."""


class SettingsError(IrpointError):
    """A setting out of its range, or one that contradicts another."""


class IrpointWarning(UserWarning):
    """Something irpoint mended or ignored, that the user should know about."""
